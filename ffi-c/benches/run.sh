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
# A launcher of its own: the peak that the kernel reports for a child starts at that of its parent.
cat >"$work/peak.c" <<'EOF'
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    struct rusage usage;
    int status = argc;
    pid_t child = fork();
    if (child == 0) execv(argv[1], argv + 1);
    wait4(child, &status, 0, &usage);
    fprintf(stderr, "%.1f MiB at most, status %d\n", (double)usage.ru_maxrss / 1024, status);
    return 0;
}
EOF
cc -O2 -static "$work/peak.c" -o "$work/peak"
for program in raw shared static; do
    printf '%s: %s bytes, ' "$program" "$(stat -c %s "$work/$program")"
    "$work/peak" "$work/$program" 2>&1 >/dev/null
done
if command -v strace >/dev/null; then
    echo "threads started: $(strace -f -e trace=clone,clone3,vfork "$work/shared" 2>&1 >/dev/null | grep -c -E '^(clone|clone3|vfork)' || :)"
fi
stat -c '%n, stripped: %s bytes' "$work/libhimds.so.1" | sed 's|.*/||'
