#!/bin/sh
# Runs a command while no other command runs under the same lock: alone.sh FILE COMMAND [ARGUMENT...]. Without
# flock, it just runs the command.
set -eu
lock=$1
shift
mkdir -p "$(dirname "$lock")"
if command -v flock >/dev/null; then exec flock "$lock" "$@"; fi
exec "$@"
