#!/bin/bash
# One list of exported symbols: the shared library, the header and ffi-c/symbols.txt say the same, the arguments test
# calls each of them, and the library has its SONAME, needs nothing that is not part of the C library, and names no path of
# the machine that built it.
#
#   symbols.sh DIRECTORY_OF_THE_LIBRARY
set -u
library=$1/libhimds.so archive=$1/libhimds.a
cd "$(dirname -- "$0")/../.."
list=ffi-c/symbols.txt
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

LC_ALL=C sort -c $list && [ "$(sort -u $list | wc -l)" = "$(wc -l <$list)" ]
report $? "the list is sorted and has each name once"

diff $list <(nm -D --defined-only "$library" | awk '{print $3}' | LC_ALL=C sort)
report $? "the shared library exports the list and nothing else"

diff $list <(nm --defined-only "$archive" 2>/dev/null | awk '$2 == "T" && $3 ~ /^himds_/ {print $3}' | LC_ALL=C sort -u)
report $? "the static library has the list"

diff $list <(gcc -E -P -xc include/himds.h | tr '\n' ' ' | grep -o 'himds_[a-z_]*(' | tr -d '(' | LC_ALL=C sort)
report $? "the header declares the list and nothing else"

missing=$(while read -r name; do
    grep -q -w "$name" tests/c/arguments.c tests/c/harness.h || echo "$name"
done <$list)
[ -z "$missing" ] || echo "not in tests/c/arguments.c:" $missing
[ -z "$missing" ]
report $? "the arguments test calls every function"

[ "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" = libhimds.so.1 ]
report $? "SONAME is libhimds.so.1"

! readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v -E '^(libc|libm|libpthread|libdl|librt|ld-linux.*)\.so'
report $? "it needs the C library alone"

# Panics carry the paths of their sources; `make lib` shortens those of the machine that built it.
! strings -a "$library" "$archive" | grep -F -e "${CARGO_HOME:-$HOME/.cargo}/" -e "$PWD/" | sort -u | head -5 | grep .
report $? "no path of the machine that built it is in the libraries"

! grep -n 'unsafe {\|unsafe fn\|unsafe impl' ffi-c/src/*.rs | grep -v -e '^ffi-c/src/pointers.rs' -e '^ffi-c/src/thread.rs' -e 'CStr::from_ptr(himds_status_name'
report $? "unsafe code is in pointers.rs and thread.rs alone"
exit $((failures > 0))
