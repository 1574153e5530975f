# The PowerShell module.

POWERSHELL_MODULE := dist/powershell/Himds

.PHONY: powershell test-powershell powershell-windows test-powershell-windows

## The PowerShell module, packed into dist/powershell/Himds.
powershell: lib
	powershell/build.sh $(POWERSHELL_MODULE)

## The PowerShell module's tests: C# by mono and .NET 8, Pester where pwsh is, scripts and interface without it.
test-powershell:
	powershell/tests/run.sh $(POWERSHELL_MODULE)

## himds.dll for Windows x64, cross-built, for `make powershell` to pack. Minutes of processor time, so not in the tests.
powershell-windows:
	RUSTFLAGS="$$RUSTFLAGS $(SHORT_PATHS)" powershell/build-windows.sh

## The C# tests and the scenarios by .NET 8 for Windows, under Wine.
test-powershell-windows:
	powershell/tests/windows.sh
