#!/bin/sh
# Puts the wheel for Windows next to a Windows Python, as pip does, and lets package and command get a token from the emulator,
# which is a program for Windows too: windows-wheel.sh WHEEL
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
file=$1:win-x64
. "$root/tests/dist/runner.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/tools/windows-python.sh" "$root/.cache/windows-python"
cp -R "$root/.cache/windows-python/cp313" "$work/cp313"
python3 -m pip --quiet --disable-pip-version-check install --root-user-action ignore --no-deps --no-index --platform win_amd64 --python-version 3.13 \
    --only-binary=:all: --target "$work/packages" "$1"

token() { # ARGUMENT...
    # Through a pipe: a Windows Python under Wine does not start with a file as its output.
    with_agent "$work/cp313/python.exe" "$@" </dev/null 2>&1 | cat >"$work/out"
    if grep -q '^eyJ' "$work/out"; then
        echo "ok a token by a Windows Python: $1"
    elif ! grep '^skipped' "$work/out"; then
        cat "$work/out"
        echo "FAILED python.exe $*"
        exit 1
    fi
}
token -c 'import himds; print(himds.Client().token("https://vault.azure.net").token)'
token -m himds token --resource https://vault.azure.net
