#!/bin/sh
# Packs the crates himds and himds-emulator and builds each from what is packed: crates.sh.
set -eu

. "$(dirname "$0")/target.sh"
cd "$root"
export CARGO_TARGET_DIR="$root/target/dist/crates"
for crate in himds himds-emulator; do
    cargo package --quiet --locked --allow-dirty -p "$crate"
    cp "$CARGO_TARGET_DIR/package/$crate-$version.crate" "$out/"
    echo "made dist/$crate-$version.crate"
done
