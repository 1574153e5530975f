#!/bin/bash
# The C tests under AddressSanitizer with LeakSanitizer and UndefinedBehaviorSanitizer, ThreadSanitizer, and valgrind.
#
#   sanitizers.sh TARGET_DIRECTORY
#
# The library is instrumented too, not only the C side, and this checks that. The instrumented builds are kept in
# .cache/sanitizers.
set -u
target=$1
cd "$(dirname -- "$0")/../.."
cache=$PWD/.cache/sanitizers
host=$(rustc -vV | sed -n 's/^host: //p')
export EMULATOR=$target/debug/himds-emulator
failures=0

# Instrumented programs are slow: loops of hundreds become loops of tens.
export HIMDS_TEST_SLOW=1

have() {
    command -v "$1" >/dev/null && return
    echo "skipped: $1 not found (apt-get install $2)"
    return 1
}

# instrumented NAME SYMBOL: the build in .cache/sanitizers/NAME has the sanitizer in it.
instrumented() {
    if nm -D "$cache/$1/$host/debug/libhimds.so" | grep -q "$2"; then
        echo "ok $1: the library is instrumented ($2)"
    else
        echo "FAILED $1: the library lacks $2"
        failures=$((failures + 1))
    fi
}

address() {
    have gcc gcc && have g++ g++ || return
    echo "== AddressSanitizer, LeakSanitizer, UndefinedBehaviorSanitizer"
    # The compiler's unstable switches are for testing builds like this one; the shipped library does without.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo build --quiet -p himds-ffi \
        --target "$host" --target-dir "$cache/address" || { failures=$((failures + 1)); return; }
    instrumented address __asan_init
    CC=gcc CXX=g++ FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
        LIB=$cache/address/$host/debug \
        ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=9 UBSAN_OPTIONS=print_stacktrace=1 \
        TESTS="arguments api threads process panic wrapper" tests/c/library.sh "$target" || failures=$((failures + 1))
    flaws
    # Every scenario too: the driver is C, the library is the instrumented one.
    local lib=$cache/address/$host/debug
    gcc -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude tests/drivers/c/driver.c \
        tests/drivers/c/wire.c -o "$cache/driver" -L"$lib" -lhimds -lm -pthread -Wl,-rpath,"$lib" &&
        "$target/debug/himds-scenarios" --jobs 4 --quiet --patience 5 --driver "$cache/driver" || failures=$((failures + 1))
}

# A leak and a use after free through the library must be found, or the runs above prove nothing.
flaws() {
    local flaw lib=$cache/address/$host/debug
    for flaw in leak use_after_free; do
        gcc -std=c11 -g -D"FLAW_$flaw" -fsanitize=address,undefined -Iinclude tests/c/flaws.c -o "$cache/$flaw" -L"$lib" -lhimds \
            -Wl,-rpath,"$lib"
        if "$cache/$flaw" >/dev/null 2>&1; then
            echo "FAILED a $flaw was not found"
            failures=$((failures + 1))
        else
            echo "ok a $flaw is found"
        fi
    done
}

thread() {
    # ThreadSanitizer needs a standard library that is instrumented too (without its backtraces it is quicker to build), and
    # a clang that matches the compiler.
    have clang-22 "clang-22 libclang-rt-22-dev" && have clang++-22 clang-22 || return
    tools/fetch-debian-rust.sh >/dev/null 2>"$cache/fetch.log" || { cat "$cache/fetch.log"; failures=$((failures + 1)); return; }
    local rust=$PWD/.cache/debian-rust
    [ -x "$rust/bin/cargo" ] || { echo "skipped: Debian's Rust not found (tools/fetch-debian-rust.sh)"; return; }
    echo "== ThreadSanitizer"
    RUSTC=$rust/bin/rustc RUSTDOC=$rust/bin/rustdoc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread \
        "$rust/bin/cargo" build --quiet -p himds-ffi --target "$host" \
        -Z build-std=std,panic_unwind -Z build-std-features=panic-unwind --target-dir "$cache/thread" || { failures=$((failures + 1)); return; }
    instrumented thread __tsan_init
    CC=clang-22 CXX=clang++-22 FLAGS=-fsanitize=thread LIB=$cache/thread/$host/debug TESTS="threads" \
        TSAN_OPTIONS=halt_on_error=1:exitcode=9 tests/c/library.sh "$target" || failures=$((failures + 1))
}

under_valgrind() {
    have valgrind valgrind || return
    echo "== valgrind"
    WRAPPER="valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite" \
        TESTS="arguments api threads process panic wrapper" HIMDS_TEST_NO_FORK=1 tests/c/library.sh "$target" || failures=$((failures + 1))
}

mkdir -p "$cache"
address
thread
under_valgrind
exit $((failures > 0))
