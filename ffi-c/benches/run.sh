#!/bin/bash
# The C library's benchmarks, all in one run against one emulator: cached calls, start to token next to raw sockets, sizes.
#
#   run.sh DIRECTORY_OF_THE_LIBRARY      (himds-emulator is in it too)
set -eu
build=$1
cd "$(dirname -- "$0")/../.."
if [ "${2:-}" != inside ]; then
    exec "$build/himds-emulator" -- "$0" "$build" inside
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/libhimds.so.1" "$build/libhimds.so"
cc -O2 -s -std=gnu11 -D_GNU_SOURCE ffi-c/benches/raw.c -o "$work/raw"
cc -O2 -s -std=c11 -Iinclude ffi-c/benches/start.c -o "$work/shared" "$work/libhimds.so.1" -Wl,-rpath,"$work"
cc -O2 -s -std=c11 -Iinclude ffi-c/benches/start.c -o "$work/static" "$build/libhimds.a" -Wl,--gc-sections -lm -pthread -ldl
cc -O2 -std=c11 -Iinclude ffi-c/benches/cached.c -o "$work/cached" "$work/libhimds.so.1" -pthread -Wl,-rpath,"$work"

uname -srm
sed -n 's/^model name.*: //p' /proc/cpuinfo | sort | uniq -c
"$work/cached"
if command -v hyperfine >/dev/null; then
    hyperfine -N --warmup 50 --runs 500 --style basic "$work/raw" "$work/shared" "$work/static" 2>/dev/null
else
    echo "skipped: hyperfine not found: apt-get install hyperfine"
fi
cc -O2 -static ffi-c/benches/launch.c -o "$work/launch"
for program in raw shared static; do
    echo "$program: $(stat -c %s "$work/$program") bytes, at most $("$work/launch" "$work/$program")"
done
if command -v strace >/dev/null; then
    echo "threads started: $(strace -f -e trace=clone,clone3,vfork "$work/shared" 2>&1 >/dev/null | grep -c -E '^(clone|clone3|vfork)' || :)"
fi
stat -c '%n, stripped: %s bytes' "$work/libhimds.so.1" | sed 's|.*/||'
