#!/bin/sh
# Builds the library, the command and the emulator of one target: build.sh TARGET. They stay below target/dist/.
set -eu

. "$(dirname "$0")/target.sh"
. "$(dirname "$0")/rust.sh"
cd "$root"

# Each package by a command of its own: together, the library would get the emulator's features of tokio.
# shellcheck disable=SC2086 # words
case $name in
linux-musl-*)
    # A shared library needs a C library that is shared, and a program that runs anywhere must not.
    RUSTFLAGS="$RUSTFLAGS -C target-feature=-crt-static" $cargo_build -p himds-ffi
    export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/static"
    # Without the target's library there are no start files of Rust's own; zig has musl's.
    [ -z "$std" ] || RUSTFLAGS="$RUSTFLAGS -C link-self-contained=no"
    RUSTFLAGS="$RUSTFLAGS -C target-feature=+crt-static"
    export RUSTFLAGS
    ;;
*) $cargo_build -p himds-ffi ;;
esac
# shellcheck disable=SC2086
for package in himds-cli himds-emulator; do
    $cargo_build -p $package
done
ls -l "$built"/*himds.* "$programs"/himds "$programs"/himds.exe "$programs"/himds-emulator* 2>/dev/null | grep -v '\.d$' || true
