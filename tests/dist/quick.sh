#!/bin/sh
# This machine's packages of the emulator, built, installed into clean places and used by the sample projects:
# quick.sh PROGRAM MATURIN. The programs are debug builds; `make test-dist` does it with what is shipped.
set -eu

program=$1 maturin=$2
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# maturin moves what it packs: a copy.
cp "$program" "$work/himds-emulator"
(cd "$root/emulator-py" && PROGRAM=$program COPY=$work/himds-emulator PATH="$root/tests/dist/ready:$PATH" \
    "$maturin" build --quiet --out "$work/wheel")
"$root/tests/dist/emulator-wheel.sh" "$work"/wheel/*.whl
"$root/tests/dist/missing-tools.sh"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "skipped: node not found (apt-get install nodejs npm)"
    exit 0
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
platform=$(node -p 'process.platform + "-" + process.arch')
node "$root/emulator-npm/pack.mjs" "$version" "$work/npm" "$platform=$program" >/dev/null
"$root/tests/dist/emulator-npm.sh" "$work/npm" node
