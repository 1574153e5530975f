#!/bin/sh
# Packs the emulator's npm packages of the targets that are built: npm.sh. On Linux the static programs, which need no C
# library.
set -eu

. "$(dirname "$0")/target.sh"
require node=nodejs npm=npm
of() { # TARGET FILE PLATFORM
    file=$(dirname "$CARGO_TARGET_DIR")/$1/$2
    if is_built "$1" && [ -f "$file" ]; then programs="$programs $3=$file"; else missing="$missing $3"; fi
}
programs= missing=
of linux-musl-x64 static/x86_64-unknown-linux-musl/release/himds-emulator linux-x64
of linux-musl-arm64 static/aarch64-unknown-linux-musl/release/himds-emulator linux-arm64
of win-x64 x86_64-pc-windows-gnu/release/himds-emulator.exe win32-x64
if [ -z "$programs" ]; then
    echo "skipped: a built emulator not found"
    exit 77
fi
[ -z "$missing" ] || echo "without what is not built:$missing"
rm -rf "$out/npm"
# shellcheck disable=SC2086 # words
node "$root/emulator-npm/pack.mjs" "$version" "$out/npm" $programs
