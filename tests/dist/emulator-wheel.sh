#!/bin/sh
# Installs the emulator's wheel into a clean environment and runs the sample project's tests with it:
# emulator-wheel.sh WHEEL [PYTHON]
set -eu

wheel=$1 python=${2:-python3}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel" 'pytest>=8'
cp -R "$root/emulator-py/sample" "$work/sample"
# Nothing but the package may say where the program is.
unset HIMDS_EMULATOR
(cd "$work/sample" && "$work/venv/bin/python" -m pytest)
"$work/venv/bin/himds-emulator" conformance --list | tail -1
