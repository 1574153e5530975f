#!/bin/sh
# The core for Windows x64, cross-built and run under Wine: its unit tests, those of the key file's rules among them, and
# the scenarios through the Rust API. Emulator and runner are programs for Windows too.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
programs=${CARGO_TARGET_DIR:-$root/target}/x86_64-pc-windows-gnu/debug
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="$root/tools/wine.sh"

. "$root/tools/optional.sh"

need "$root/tools/wine.sh" --version
need "$root/tools/cargo-windows.sh" build --quiet -p himds-driver -p himds-scenarios
echo "== the core's unit tests under Wine"
"$root/tools/cargo-windows.sh" test --quiet -p himds --lib
echo "== scenarios by the Rust API under Wine"
"$root/tools/wine.sh" "$programs/himds-scenarios.exe" --quiet --driver "$programs/himds-driver.exe" "Z:$root/tests/scenarios"
