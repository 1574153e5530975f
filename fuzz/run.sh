#!/bin/bash
# Fuzzes each target for some seconds, by cargo-fuzz: run.sh SECONDS [TARGET...]. What was found in earlier runs is kept
# in target/fuzz/, and so is the input of a crash. Prints a table of what was run.
set -eu -o pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "FUZZ_SECONDS is not a number of seconds: $seconds" >&2; exit 2; }
PATH=$PWD/.cache/tools/bin:$PATH
if ! command -v cargo-fuzz >/dev/null; then
    echo "skipped: cargo-fuzz not found (cargo install --locked cargo-fuzz)"
    exit 1
fi
if ! rustc +nightly --version >/dev/null 2>&1; then
    echo "skipped: Rust's nightly toolchain not found (rustup toolchain install nightly)"
    exit 1
fi
targets=("$@")
[ $# != 0 ] || mapfile -t targets < <(cd fuzz/libfuzzer/fuzz_targets && ls | sed 's/\.rs$//')
work=$PWD/target/fuzz
mkdir -p "$work"
cargo +nightly fuzz build --fuzz-dir fuzz/libfuzzer --target-dir "$work/build" --sanitizer address

built=$(find "$work/build" -path '*/release/client' -type f | head -1)
built=${built%/client}
failed=0
table=$'\ntarget            inputs        seconds  corpus\n'
for target in "${targets[@]}"; do
    mkdir -p "$work/corpus/$target" "$work/crashes/$target"
    log=$work/$target.log
    # A server that is a thread of the fuzzer outlives each input, so leaks are not searched for after each.
    if ! "$built/$target" "$work/corpus/$target" "fuzz/corpus/$target" -max_total_time="$seconds" -timeout=30 \
        -detect_leaks=0 -max_len=8192 -print_final_stats=1 -artifact_prefix="$work/crashes/$target/" >"$log" 2>&1; then
        failed=1
        echo "FAILED: $target"
        grep -E 'panicked|shows|ERROR|SUMMARY|Test unit written' -A1 "$log" | head -20
    fi
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    took=$(sed -n 's/^Done .* runs in \([0-9]*\) second.*/\1/p' "$log")
    table+=$(printf '%-16s %8s %14s %7s' "$target" "${inputs:-?}" "${took:-?}" "$(find "$work/corpus/$target" -type f | wc -l)")$'\n'
done
printf '%s' "$table"
exit $failed
