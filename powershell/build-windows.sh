#!/bin/sh
# Cross-builds himds.dll for Windows x64: build-windows.sh [CARGO-OPTIONS], by default --release, which `make powershell` then
# packs.
set -eu

[ $# -gt 0 ] || set -- --release
"$(dirname "$0")/../tools/cargo-windows.sh" build -p himds-ffi "$@" || [ $? = 77 ]
