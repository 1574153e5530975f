#!/bin/bash
# What the library costs a program from its start to its first token, next to the same by raw sockets, in counts that are
# the same however busy the machine is. Each limit leaves a margin over ffi-c/benches/README.md.
#
#   cost.sh DIRECTORY_OF_THE_LIBRARY EMULATOR
set -eu
cd "$(dirname -- "$0")/../.."
if [ "${3:-}" != inside ]; then
    exec "$2" -- "$0" "$1" "$2" inside
fi
library=$1/libhimds.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/libhimds.so.1" "$library"
cc -O2 -s -std=gnu11 -D_GNU_SOURCE ffi-c/benches/raw.c -o "$work/raw"
cc -O2 -s -std=c11 -Iinclude ffi-c/benches/start.c -o "$work/shared" "$work/libhimds.so.1" -Wl,-rpath,"$work"
cc -O2 -static ffi-c/benches/launch.c -o "$work/launch"
failures=0

# within WHAT COUNT LIMIT
within() {
    if [ "$2" -le "$3" ]; then echo "ok $1: $2, at most $3"; else echo "FAILED $1: $2, more than $3"; failures=$((failures + 1)); fi
}
# more COMMAND...: by how much the program with the library is above the raw one, each counted by the command.
more() {
    echo $(($("$@" "$work/shared") - $("$@" "$work/raw")))
}
# The least of five: a busy machine adds a few.
faults() {
    for _ in 1 2 3 4 5; do "$work/launch" "$1"; done | sed 's/.* kB \(.*\) faults/\1/' | sort -n | head -1
}
calls() {
    strace -f -o "$work/calls" "$1" >/dev/null
    # Where the loader searches for a library is the directory's business.
    grep -c -v -e ENOENT -e 'exited with' "$work/calls"
}
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

within "bytes of the stripped library" "$(stat -c %s "$work/libhimds.so.1")" 1300000
within "relative relocations" "$(readelf -rW "$library" | grep -c RELATIVE)" 1450
within "page faults more than raw" "$(more faults)" 46
if command -v strace >/dev/null; then
    within "system calls more than raw" "$(more calls)" 50
else
    echo "skipped: strace not found: apt-get install strace"
fi
if command -v valgrind >/dev/null; then
    within "instructions more than raw" "$(more instructions)" 390000
else
    echo "skipped: valgrind not found: apt-get install valgrind"
fi
exit $((failures > 0))
