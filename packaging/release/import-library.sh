#!/bin/sh
# Makes the import library for MSVC from the list of exported symbols: import-library.sh FILE.
set -eu

for tool in llvm-dlltool llvm-dlltool-22 llvm-dlltool-19 llvm-dlltool-16 llvm-dlltool-14 x86_64-w64-mingw32-dlltool; do
    command -v $tool >/dev/null && break
done
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
definitions=$(mktemp)
trap 'rm -f "$definitions"' EXIT
{
    echo 'LIBRARY himds.dll'
    echo 'EXPORTS'
    cat "$root/ffi-c/symbols.txt"
} >"$definitions"
"$tool" -m i386:x86-64 -d "$definitions" -D himds.dll -l "$1"
