#!/bin/sh
# Usage: install-test.sh WHEEL_OR_SDIST [PYTHON]
# Installs it into clean environments, of this interpreter or by default of the oldest and the newest one here, and uses it.
set -eu
wheel=$1
here=$(dirname "$0")
pythons=${2:-$("$here/pythons.sh")}
if [ $# -eq 1 ] && [ "$(echo "$pythons" | wc -l)" -lt 2 ]; then
    echo "skipped: a second Python not found (for example: pyenv install 3.9)"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in $(echo "$pythons" | sed -n '1p;$p' | uniq); do
    rm -rf "$work/venv"
    "$python" -m venv "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet "$wheel"
    installed=$("$work/venv/bin/python" -m pip list --format freeze | grep -vicE '^(pip|setuptools|wheel)==' || true)
    [ "$installed" = 1 ] || { echo "himds brought other packages along" >&2; exit 1; }
    (cd "$work" && venv/bin/python - <<'END'
import sys
import himds, himds.aio
client = himds.Client(source="imds", endpoint="http://127.0.0.1:1")
try:
    client.token("https://vault.azure.net")
except himds.UnavailableError as error:
    assert error.hint
print("installed and used:", sys.version.split()[0], himds.__version__)
END
    )
    "$work/venv/bin/himds" --version
    "$work/venv/bin/python" -m himds source --source himds >/dev/null
done
