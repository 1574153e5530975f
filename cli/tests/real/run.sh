#!/bin/bash
# The command with the tools that it is for: git, PostgreSQL, Google's library.
#
#   run.sh EMULATOR HIMDS PYTHON, the last with requirements.txt installed
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/git.sh" "$1" "$2"
"$here/pgpass.sh" "$1" "$2"
"$1" --no-imds -- "$3" "$here/external_account.py" "$2"
