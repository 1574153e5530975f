#!/bin/sh
# Runs cargo for Windows x64: cargo-windows.sh build -p himds-ffi. Ends with 77 if it cannot, and says what was not found.
# Needs MinGW's gcc and a Rust that has the target (RUSTC, RUSTDOC and CARGO name another one); if it has neither the
# target nor the source of the standard library to build it from, Debian's Rust is fetched, which has the source.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
triple=x86_64-pc-windows-gnu
rustc=${RUSTC:-rustc}
cargo=${CARGO:-cargo}
subcommand=$1
shift

if ! command -v x86_64-w64-mingw32-gcc >/dev/null; then
    echo "skipped: x86_64-w64-mingw32-gcc not found (sudo apt-get install gcc-mingw-w64-x86-64-win32)"
    exit 77
fi
rustlib=$("$rustc" --print sysroot)/lib/rustlib
if [ ! -d "$rustlib/$triple/lib" ]; then
    if [ ! -d "$rustlib/src/rust/library" ]; then
        debian=$root/.cache/debian-rust/bin
        "$root/tools/fetch-debian-rust.sh"
        if [ ! -x "$debian/cargo" ]; then
            echo "skipped: Rust for $triple not found (rustup target add $triple)"
            exit 77
        fi
        export PATH="$debian:$PATH" RUSTC="$debian/rustc" RUSTDOC="$debian/rustdoc"
        cargo=$debian/cargo
    fi
    export RUSTC_BOOTSTRAP=1
    set -- -Z build-std=std,panic_unwind "$@"
fi
cd "$root"
exec "$cargo" "$subcommand" --target "$triple" "$@"
