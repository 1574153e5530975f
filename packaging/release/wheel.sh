#!/bin/sh
# Builds the wheels of one target, himds and himds-emulator: wheel.sh TARGET. `linux-x64` makes the source distribution
# and the wheel for free-threaded Python too.
set -eu

. "$(dirname "$0")/target.sh"
. "$(dirname "$0")/rust.sh"
cd "$root"

case $name in
linux-musl-*) platform="--zig --compatibility musllinux_1_2" ;;
linux-*) platform="--zig --compatibility manylinux_2_17" ;;
*) platform= ;;
esac
# shellcheck disable=SC2086 # words
build() { # PROJECT [OPTIONS]
    project=$1
    shift
    (cd "$project" && maturin build --quiet --release --locked --out "$out" --target "$triple" $platform $std "$@")
}
mkdir -p "$out"
case $name in
# The program is static, so that one wheel does for glibc and musl.
linux-musl-*)
    (
        CARGO_TARGET_DIR=$CARGO_TARGET_DIR/static
        [ -z "$std" ] || RUSTFLAGS="$RUSTFLAGS -C link-self-contained=no"
        RUSTFLAGS="$RUSTFLAGS -C target-feature=+crt-static"
        export CARGO_TARGET_DIR RUSTFLAGS
        build emulator-py
    )
    ;;
*) build emulator-py ;;
esac
build py
case $name in
# Free-threaded interpreters take no abi3 wheel. maturin knows 3.14t's configuration, so it need not be there.
linux-x64)
    build py -i python3.14t
    maturin sdist -m py/Cargo.toml --out "$out"
    ;;
esac
