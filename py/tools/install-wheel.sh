#!/bin/sh
# Usage: install-wheel.sh VENV DIRECTORY
# Builds this machine's wheel into the directory, and installs it into the virtual environment unless it is there already:
# tests may be running in it.
set -eu
venv=$1 directory=$2
"$venv/bin/maturin" build --quiet --release -m py/Cargo.toml --out "$directory"
cd "$directory"
wheel=$(ls -t ./*.whl | head -1)
for old in ./*.whl; do [ "$old" = "$wheel" ] || rm "$old"; done
if ! sha256sum --status --check "$OLDPWD/$venv/wheel.sha256" 2>/dev/null; then
    "$OLDPWD/$venv/bin/python" -m pip install --quiet --force-reinstall --no-deps "$wheel"
    sha256sum "$wheel" >"$OLDPWD/$venv/wheel.sha256"
fi
