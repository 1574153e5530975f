#!/bin/sh
# Loads the extension module of a wheel for which there is no Python here, by a small host of its platform. Python's own
# symbols are placeholders, so nothing of it is called: extension.sh WHEEL
set -eu

file=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
case $file in
*win_amd64.whl) file=$file:win-x64 ;;
*musllinux*_x86_64.whl) file=$file:linux-musl-x64 ;;
*musllinux*_aarch64.whl) file=$file:linux-musl-arm64 ;;
*_aarch64.whl) file=$file:linux-arm64 ;;
esac
. "$root/tests/dist/runner.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m zipfile -e "$1" "$work"
module=$(find "$work/himds" -name '_native*.so' -o -name '_native*.pyd')

# C that exports each name as data of some size: placeholders EXPORT < names
placeholders() {
    sed "s/.*/$1 char &[512];/"
}
case $file in
*:win-x64)
    x86_64-w64-mingw32-objdump -p "$module" |
        awk '/DLL Name: python3/ {on = 1; next} /DLL Name:/ {on = 0} on && NF == 3 && $3 ~ /^_?Py/ {print $3}' >"$work/names"
    library=$(x86_64-w64-mingw32-objdump -p "$module" | sed -n 's/.*DLL Name: \(python3.*\)/\1/p')
    placeholders '__declspec(dllexport)' <"$work/names" >"$work/python.c"
    "$cc" -shared "$work/python.c" -o "$work/$library"
    "$cc" "$root/tests/dist/extension-host.c" -o "$work/host.exe"
    host=$work/host.exe
    ;;
*)
    case $file in
    *:linux-musl-x64) musl_compilers x86_64 ;;
    *:linux-musl-arm64) musl_compilers aarch64 ;;
    esac
    readelf -W --dyn-syms "$module" | awk '$7 == "UND" && $8 ~ /^_?Py/ {sub(/@.*/, "", $8); print $8}' >"$work/names"
    placeholders '' <"$work/names" >"$work/python.c"
    # shellcheck disable=SC2086 # words
    $cc -rdynamic "$root/tests/dist/extension-host.c" "$work/python.c" -ldl -o "$work/host"
    host=$work/host
    ;;
esac
[ -s "$work/names" ] || { echo "FAILED it takes nothing from Python"; exit 1; }
# Wine puts a function that ends the program in the place of one that is missing, and says so.
# shellcheck disable=SC2086 # words
WINEDEBUG=-all,warn+module $run "$host" "$module" >"$work/out" 2>&1 || true
if ! tr -d '\r' <"$work/out" | grep -qx loaded || grep 'No implementation' "$work/out"; then
    cat "$work/out"
    echo "FAILED $(basename "$1")"
    exit 1
fi
echo "ok $(basename "$1"): the module is loaded, with $(wc -l <"$work/names") symbols of Python"
