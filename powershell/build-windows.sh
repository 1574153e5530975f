#!/bin/sh
# Cross-builds himds.dll for Windows x64: build-windows.sh [CARGO-OPTIONS], by default --release, which `make powershell` then
# packs. Needs MinGW's gcc and a Rust that has the target x86_64-pc-windows-gnu, or the standard library's source to build it
# from (RUSTC, RUSTDOC and CARGO name another toolchain).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
triple=x86_64-pc-windows-gnu
rustc=${RUSTC:-rustc}
cargo=${CARGO:-cargo}

if ! command -v x86_64-w64-mingw32-gcc >/dev/null; then
    echo "skipped: x86_64-w64-mingw32-gcc not found (sudo apt-get install gcc-mingw-w64-x86-64-win32)"
    exit 0
fi
sysroot=$("$rustc" --print sysroot)
[ $# -gt 0 ] || set -- --release
set -- build -p himds-ffi --target "$triple" "$@"
if [ ! -d "$sysroot/lib/rustlib/$triple/lib" ]; then
    if [ ! -d "$sysroot/lib/rustlib/src/rust/library" ]; then
        echo "skipped: Rust for $triple not found (rustup target add $triple)"
        exit 0
    fi
    # A toolchain from a distribution has the source of the standard library instead of the target.
    RUSTC_BOOTSTRAP=1
    export RUSTC_BOOTSTRAP
    set -- "$@" -Z build-std=std,panic_unwind
fi
cd "$root"
"$cargo" "$@"
