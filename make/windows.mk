# Windows x64, cross-built and run under Wine. Minutes of processor time, so not in `make test`.

.PHONY: test-windows test-exec-windows

## The core's unit tests and the scenarios through the Rust API, for Windows, under Wine.
test-windows:
	tests/windows.sh

## himds.exe under Wine: the command's own tests, and `himds exec` with other makers' clients in a Windows Python.
test-exec-windows:
	tests/exec/windows.sh
