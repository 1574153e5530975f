#!/bin/bash
# From start to token, in one run against one emulator: the native command, raw sockets in C, the wheel's command, and the
# pipeline of curl and jq in examples/bash.
#
#   run.sh DIRECTORY_OF_THE_PROGRAMS DIRECTORY_OF_THE_WHEEL'S_COMMAND      (himds-emulator is in the first)
set -eu
build=$1 python=$2
cd "$(dirname -- "$0")/../.."
if [ "${3:-}" != inside ]; then
    exec "$build/himds-emulator" --no-imds -- "$0" "$build" "$python" inside
fi
if ! command -v hyperfine >/dev/null; then
    echo "skipped: hyperfine not found: apt-get install hyperfine"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -s -std=gnu11 -D_GNU_SOURCE ffi-c/benches/raw.c -o "$work/raw"
options="https://vault.azure.net --token-dir $HIMDS_EMULATOR_TOKEN_DIR"
uname -srm
stat -c '%n: %s bytes' "$build/himds" | sed 's|.*/||'
programs=(-n raw "$work/raw" -n himds "$build/himds token $options")
hyperfine -N --warmup 50 --runs 1000 --export-json "$work/native.json" "${programs[@]}" >/dev/null 2>&1
programs=()
[ ! -x "$python/himds" ] || programs+=(-n "himds of the wheel" "$python/himds token $options")
if command -v curl >/dev/null && command -v jq >/dev/null; then
    programs+=(-n "curl and jq" "bash examples/bash/pipeline.sh")
fi
[ ${#programs[@]} = 0 ] || hyperfine -N --warmup 5 --runs 50 --export-json "$work/others.json" "${programs[@]}" >/dev/null 2>&1
python3 - "$work"/*.json <<'EOF'
import json
import sys

results = {r["command"]: r for file in sys.argv[1:] for r in json.load(open(file))["results"]}
for name, result in results.items():
    ratios = [f"{result[key] / results['raw'][key]:6.2f} x raw ({key})" for key in ("min", "median")]
    print(f"{name:<20}{result['min'] * 1e3:8.2f} ms {result['median'] * 1e3:8.2f} ms  " + ", ".join(ratios))
EOF
