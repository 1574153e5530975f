#!/bin/sh
# The C library's binary interface: abi.sh write TARGET-DIR puts its symbols and types into himds.abi, abi.sh check
# TARGET-DIR compares with that. What was added is fine; what was changed or removed fails.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=$2
baseline=$here/himds.abi
for tool in abidw abidiff; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool not found (apt-get install abigail-tools)"
        exit 1
    fi
done
cd "$root"
# Types are read from what a debugger reads. Those that no header defines are the library's own business. What only debug
# builds have is not part of the interface.
cargo build --quiet -p himds-ffi --target-dir "$target" --config 'profile.dev.package.himds-ffi.debug="full"' \
    --config 'profile.dev.package.himds-ffi.debug-assertions=false'
new=$(mktemp)
trap 'rm -f "$new"' EXIT
abidw --headers-dir include --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs --no-architecture \
    "$target/debug/libhimds.so" --out-file "$new"
case $1 in
write)
    cat "$new" >"$baseline"
    echo "$(grep -c '<elf-symbol ' "$baseline") symbols, $(wc -c <"$baseline") bytes: $baseline"
    ;;
check)
    if [ ! -f "$baseline" ]; then
        echo "there is no baseline yet: make abi-baseline writes it, at the first release" >&2
        exit 2
    fi
    abidiff --no-added-syms "$baseline" "$new"
    echo "the binary interface is the baseline's"
    ;;
*)
    echo "usage: abi.sh write|check TARGET-DIR" >&2
    exit 2
    ;;
esac
