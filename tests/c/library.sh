#!/bin/bash
# The C and C++ tests of the library, each with an emulator of its own.
#
#   library.sh TARGET_DIRECTORY
#
# From the environment, for sanitizers: CC, CXX, FLAGS, LIB (directory of the library), TESTS (names), WRAPPER (a command
# to run each test by), EMULATOR.
set -u
target=$1
cd "$(dirname -- "$0")/../.."
CC=${CC:-cc} CXX=${CXX:-c++} FLAGS=${FLAGS:-} LIB=${LIB:-$target/debug} TESTS=${TESTS:-arguments api threads process fork panic wrapper stack}
WRAPPER=${WRAPPER:-} EMULATOR=${EMULATOR:-$target/debug/himds-emulator}
out=$target/c/$(basename "$CC")$(printf '%s' "$FLAGS$LIB" | cksum | cut -d' ' -f1)
mkdir -p "$out"
warnings="-Wall -Wextra -Wpedantic -Werror"
failures=0

for test in $TESTS; do
    library=$LIB
    # The header states the use of stack for the library as shipped.
    if [ "$test" = stack ]; then library=$target/release; fi
    link="-L$library -lhimds -pthread -Wl,-rpath,$library"
    if [ -f "tests/c/$test.cpp" ]; then
        $CXX -std=c++17 -O1 -g $warnings $FLAGS -Iinclude "tests/c/$test.cpp" -o "$out/$test" $link
    else
        $CC -std=c11 -O1 -g $warnings $FLAGS -Iinclude "tests/c/$test.c" tests/c/harness.c -o "$out/$test" $link
    fi || { echo "FAILED to build $test"; failures=$((failures + 1)); continue; }
    timeout 300 "$EMULATOR" -- $WRAPPER "$out/$test" || { echo "FAILED $test: status $?"; failures=$((failures + 1)); }
done

# The test with the dying agent can fail: with a pthread_sigmask that does nothing the process dies by SIGPIPE.
if [ -z "$FLAGS$WRAPPER" ]; then
    printf 'int pthread_sigmask(int how, const void *set, void *old) { (void)how; (void)set; if (old) __builtin_memset(old, 0, 128); return 0; }\n' |
        $CC -shared -fPIC -w -xc - -o "$out/unblocked.so"
    # 141 is what a shell says of SIGPIPE.
    if timeout 300 "$EMULATOR" -- bash -c 'LD_PRELOAD=$0/unblocked.so "$0/process"; [ $? = 141 ]' "$out" >/dev/null 2>&1; then
        echo "ok the dying agent does raise SIGPIPE if nothing blocks it"
    else
        echo "FAILED: without the blocked signal the dying agent should have ended the process"
        failures=$((failures + 1))
    fi
fi
exit $((failures > 0))
