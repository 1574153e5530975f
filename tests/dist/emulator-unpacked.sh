#!/bin/sh
# The emulator's wheel for a platform whose Python is not here: its program runs, and on this processor the sample project's
# tests run with the unpacked package. emulator-unpacked.sh WHEEL
set -eu

file=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=himds-emulator
case $file in
*win_amd64.whl) file=$file:win-x64 program=himds-emulator.exe ;;
*musllinux*_aarch64.whl) file=$file:linux-musl-arm64 ;;
*_aarch64.whl) file=$file:linux-arm64 ;;
esac
. "$root/tests/dist/runner.sh"
python3 -m zipfile -e "$1" "$work/wheel"
scripts=$(echo "$work"/wheel/himds_emulator-*.data/scripts)
chmod +x "$scripts/$program"
# shellcheck disable=SC2086 # words
$run "$scripts/$program" conformance --list | tail -1
case $file in
*_"$(uname -m)".whl)
    "$root/py/tools/venv.sh" "$root/.cache/venv-py" "$root/py/requirements-build.txt" "$root/py/requirements-test.txt"
    cp -R "$root/emulator-py/sample" "$work/sample"
    cd "$work/sample"
    # Only what pip installs has its program next to Python.
    env -u HIMDS_EMULATOR PYTHONPATH="$work/wheel" PATH="$scripts:$PATH" \
        "$root/.cache/venv-py/bin/python" -m pytest -q --deselect tests/test_arc_token.py::test_the_program_is_the_packages_own
    ;;
esac
echo "ok $(basename "$1")"
