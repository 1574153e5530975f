#!/bin/sh
# One platform's npm package of the emulator: it says which platform it is for, and its program runs: npm-platform.sh PACKAGE
set -eu

file=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=himds-emulator
case $file in *-win32-x64-*) file=$file:win-x64 program=himds-emulator.exe ;; esac
. "$root/tests/dist/runner.sh"
tar -xzf "$1" -C "$work"
platform=$(python3 -c 'import json, sys; one = json.load(open(sys.argv[1])); print(*one["os"], *one["cpu"], sep="-")' "$work/package/package.json")
case $(basename "$1") in
himds-emulator-"$platform"-*) ;;
*)
    echo "FAILED $1 is for $platform"
    exit 1
    ;;
esac
# shellcheck disable=SC2086 # words
$run "$work/package/$program" --version
[ -x "$work/package/$program" ] || { echo "FAILED $program may not be executed"; exit 1; }
echo "ok $(basename "$1")"
