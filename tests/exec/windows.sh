#!/bin/sh
# himds.exe, cross-built, under Wine, against the emulator, which is a program for Windows here too: the command's own tests, and
# `himds exec` with a Windows Python and other makers' clients in it.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
export HIMDS_WINDOWS_PROGRAMS="${CARGO_TARGET_DIR:-$root/target}/x86_64-pc-windows-gnu/debug"
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="$root/tools/wine.sh"
python=$root/.cache/windows-python
pip="python3 -m pip --quiet --disable-pip-version-check"

. "$root/tools/optional.sh"

need "$root/tools/wine.sh" --version
need "$root/tools/cargo-windows.sh" build --quiet -p himds-cli -p himds-emulator

"$root/tools/windows-python.sh" "$python"
if [ ! "$python/packages/.ready" -nt "$root/tests/exec/requirements-windows.txt" ]; then
    rm -rf "$python/packages"
    $pip install --platform win_amd64 --python-version 3.13 --only-binary=:all: --target "$python/packages" \
        -r "$root/tests/exec/requirements-windows.txt"
    touch "$python/packages/.ready"
fi

echo "== the command's own tests under Wine"
"$root/tools/cargo-windows.sh" test --quiet -p himds-cli </dev/null
echo "== himds exec under Wine"
HIMDS_WINDOWS_PYTHON=$python/cp313/python.exe python3 "$root/tests/exec/run.py" --windows "$@"
