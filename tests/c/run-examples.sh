#!/bin/bash
# Runs the examples in a directory against the agent that with-agent.sh started: what they print, and the daemon's life.
#
#   run-examples.sh DIRECTORY SUFFIX      (token$SUFFIX, metadata$SUFFIX, daemon$SUFFIX, cpp$SUFFIX, libcurl$SUFFIX)
set -u
bin=$1 suffix=$2 failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
# Waits for a line in a file that a program writes, 10 s at most.
wait_for() { for _ in $(seq 200); do grep -q "$1" "$2" && return 0; read -r -t 0.05 <> <(:) || :; done; return 1; }

"$bin/token$suffix" https://vault.azure.net 2>"$work/err" | grep -q '^eyJ' && grep -q 'a token from himds, good until 20' "$work/err"
report $? "token$suffix"
"$bin/metadata$suffix" | grep -q 'tag *owner = ops;team:a'
report $? "metadata$suffix"
"$bin/cpp$suffix" | grep -q 'a call was cancelled'
report $? "cpp$suffix"
if [ -x "$bin/libcurl$suffix" ]; then
    CURL_CA_BUNDLE=$HIMDS_EMULATOR_CA_FILE "$bin/libcurl$suffix" https://vault.azure.net "$HIMDS_EMULATOR_VAULT/secrets?api-version=7.4" |
        grep -q '"value"'
    report $? "libcurl$suffix"
fi

# The daemon: works, reads its configuration again, and is stopped while the agent says nothing.
printf 'resource https://vault.azure.net\ninterval_ms 20\n' >"$work/daemon.conf"
"$bin/daemon$suffix" "$work/daemon.conf" >"$work/out" 2>&1 &
pid=$!
wait_for 'working with a token for https://vault.azure.net' "$work/out"
report $? "daemon$suffix works"
printf 'resource https://storage.azure.com\ninterval_ms 20\n' >"$work/daemon.conf"
kill -HUP $pid
wait_for 'working with a token for https://storage.azure.com' "$work/out"
report $? "daemon$suffix reads its configuration again on SIGHUP"
# Each tick of 20 ms wants a token, but the pause after a failure is 1 s and doubles.
printf 'resource https://vault.azure.net\nsource himds\nendpoint http://127.0.0.1:9\ninterval_ms 20\n' >"$work/daemon.conf"
kill -HUP $pid
wait_for 'trying again in 2000 ms; no token: ' "$work/out" &&
    [ "$(grep -o 'trying again in [0-9]* ms' "$work/out" | tr '\n' ',')" = 'trying again in 1000 ms,trying again in 2000 ms,' ]
report $? "daemon$suffix pauses longer after each failure"
printf 'resource https://vault.azure.net\nendpoint http://example.com\n' >"$work/daemon.conf"
kill -HUP $pid
wait_for 'going on with the old one' "$work/out" && kill -0 $pid
report $? "daemon$suffix goes on with the old configuration if the new one is not usable"
curl -sS --noproxy '*' -H 'Content-Type: application/json' -d '{"count":0,"wire":{"action":"hang"}}' http://127.0.0.1:40342/emulator/faults >/dev/null
printf 'resource https://management.azure.com\ninterval_ms 20\n' >"$work/daemon.conf"
kill -HUP $pid
wait_for 'again' "$work/out"
begin=$(date +%s%N)
kill -TERM $pid
wait $pid
status=$?
elapsed=$((($(date +%s%N) - begin) / 1000000))
curl -sS --noproxy '*' -X DELETE http://127.0.0.1:40342/emulator/faults >/dev/null
[ $status = 0 ] && [ $elapsed -lt 1000 ] && tail -1 "$work/out" | grep -q '^stopped$'
report $? "daemon$suffix stops cleanly on SIGTERM while a call is blocked ($elapsed ms)"
exit $((failures > 0))
