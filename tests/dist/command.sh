#!/bin/sh
# Unpacks an archive of the command and lets it get a token from the emulator next to it: command.sh ARCHIVE.
set -eu

file=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/tests/dist/runner.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $file in
*.zip) python3 -m zipfile -e "$file" "$work" ;;
*) tar -xzf "$file" -C "$work" ;;
esac
cd "$work"/himds-command-*
case $file in
*.zip)
    $run ./himds.exe --version
    $run ./himds-emulator.exe --version
    $run ./himds-emulator.exe --token-dir 'C:\ProgramData\AzureConnectedMachineAgent\Tokens' --no-imds -- \
        "Z:$PWD/himds.exe" token --resource https://vault.azure.net 2>/dev/null | grep -q '^eyJ'
    ;;
*)
    if readelf -l himds himds-emulator | grep -q INTERP; then
        echo "FAILED they are not static"
        exit 1
    fi
    $run ./himds --version
    # shellcheck disable=SC2016,SC2086 # the inner shell expands it; words
    $run ./himds-emulator -- sh -c '"$@" token --token-dir "$HIMDS_EMULATOR_TOKEN_DIR" --resource https://vault.azure.net' \
        sh $run ./himds 2>/dev/null | grep -q '^eyJ'
    ;;
esac
echo "ok $(basename "$file")"
