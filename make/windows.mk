# Windows x64, cross-built and run under Wine. Minutes of processor time, so not in `make test`.

.PHONY: test-windows

## The core's unit tests and the scenarios through the Rust API, for Windows, under Wine.
test-windows:
	tests/windows.sh
