# The PowerShell module. `make powershell` packs dist/powershell/Himds; `make test-powershell` tests it in three layers.

POWERSHELL_MODULE := dist/powershell/Himds

.PHONY: powershell test-powershell powershell-windows

powershell:
	powershell/build.sh $(POWERSHELL_MODULE)

test-powershell: powershell
	powershell/tests/run.sh $(POWERSHELL_MODULE)

# Cross-builds himds.dll, which `make powershell` then packs too. Minutes of processor time: not part of the tests.
powershell-windows:
	powershell/build-windows.sh
