#!/bin/sh
# Draws docs/pictures/ from real runs: draw.sh EMULATOR HIMDS. The second picture takes root.
set -eu

cd "$(dirname "$0")/../.."
tools/pictures/picture.py docs/pictures/demo.svg 'make demo' make --no-print-directory demo
if [ "$(id -u)" != 0 ]; then
    echo "skipped: root not found: docs/pictures/diagnose.svg stays as it is"
    exit 0
fi
tools/pictures/picture.py docs/pictures/diagnose.svg 'himds diagnose' \
    env HTTP_PROXY=http://proxy.example:3128 tools/pictures/broken-machine.sh "$1" "$2" diagnose
