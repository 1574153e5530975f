#!/bin/sh
# Usage: venv.sh DIRECTORY REQUIREMENTS...
# A virtual environment with these requirements; made again only if they changed.
set -eu
directory=$1
shift
stamp=$directory/requirements.stamp
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
for file in "$@"; do sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$file"; done > "$wanted"
if ! cmp -s "$wanted" "$stamp"; then
    [ -x "$directory/bin/python" ] || "${PYTHON:-python3}" -m venv "$directory"
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade -r "$wanted"
    cp "$wanted" "$stamp"
fi
