#!/bin/bash
# Runs the built examples of these directories where the agent's port, directory and variables are (inside.sh).
set -eu
work=$(mktemp -d)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"; }
trap finish EXIT
fail() { echo "FAILED: $1" >&2; [ -z "${2:-}" ] || cat "$2" >&2; exit 1; }

# A service that wants a bearer token, for the example with libcurl.
cat >"$work/service.py" <<'PYTHON'
import http.server
class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers.get("Authorization", "").startswith("Bearer eyJ")
        body = b"a secret" if allowed else b"who are you?"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Service)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
mkfifo "$work/port"
python3 "$work/service.py" >"$work/port" &
pids+=($!)
read -r port <"$work/port"

# lines FILE TEXT COUNT: waits until the file has that many lines with the text.
lines() {
    local count=0 line
    while IFS= read -r -t 20 line; do
        case $line in *"$2"*) count=$((count + 1)) ;; esac
        if [ "$count" -ge "$3" ]; then return 0; fi
    done < <(exec tail -n +1 -f --pid=$$ "$1")
    return 1
}
admin() {
    python3 - "$IMDS_ENDPOINT/emulator/faults" "$@" <<'PYTHON'
import sys, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
request = urllib.request.Request(sys.argv[1], data=body, method="POST" if body else "DELETE", headers={"Content-Type": "application/json"})
urllib.request.urlopen(request).read()
PYTHON
}

for directory in "$@"; do
    for kind in himds static; do
        [ -x "$directory/token-$kind" ] || continue
        token=$("$directory/token-$kind" https://vault.azure.net 2>"$work/err") || fail "token-$kind" "$work/err"
        case $token in eyJ*.*.*) ;; *) fail "token-$kind gave no token" ;; esac
        "$directory/metadata-$kind" >"$work/out" || fail "metadata-$kind"
        grep -q 'jumpstart_azure_arc_servers' "$work/out" || fail "metadata-$kind shows no tags" "$work/out"
        "$directory/wrapper-$kind" >"$work/out" || fail "wrapper-$kind" "$work/out"
        grep -q 'a call was cancelled' "$work/out" || fail "wrapper-$kind" "$work/out"
        if [ -x "$directory/libcurl-$kind" ]; then
            [ "$("$directory/libcurl-$kind" https://vault.azure.net "http://127.0.0.1:$port/secrets/name")" = "a secret" ] ||
                fail "libcurl-$kind"
        fi
        printf 'resource https://vault.azure.net\ninterval_ms 20\n' >"$work/conf"
        : >"$work/out"
        "$directory/daemon-$kind" "$work/conf" >"$work/out" 2>&1 &
        daemon=$!
        pids+=("$daemon")
        lines "$work/out" 'working with a token for https://vault' 2 || fail "daemon-$kind does not work" "$work/out"
        printf 'resource https://storage.azure.com\ninterval_ms 20\n' >"$work/conf"
        kill -HUP "$daemon"
        lines "$work/out" 'working with a token for https://storage' 1 || fail "daemon-$kind does not reload" "$work/out"
        # Stopped while its worker waits for an agent that hangs.
        admin '{"on": "any", "wire": {"action": "hang"}, "count": 0}'
        kill -HUP "$daemon"
        lines "$work/out" 'started' 3 || fail "daemon-$kind does not reload again" "$work/out"
        kill -TERM "$daemon"
        timeout 10 tail --pid="$daemon" -f /dev/null || fail "daemon-$kind does not stop" "$work/out"
        wait "$daemon" || fail "daemon-$kind ended badly" "$work/out"
        grep -q '^stopped$' "$work/out" || fail "daemon-$kind did not stop cleanly" "$work/out"
        ! grep -q 'eyJ' "$work/out" || fail "daemon-$kind shows a token"
        admin
    done
    echo "ok the examples of $(basename "$directory") work"
done
