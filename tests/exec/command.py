"""The command as a whole: inside itself, and while the agent comes and goes."""

import json
import os
import socket
import subprocess
import sys

from harness import *


@test("exec-inside-exec")
def nested():
    """The inner one cannot filter and takes mode env; both ways lead to a token."""
    app_service = 'curl -sS -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=$1"'
    done = inside(himds_exec("--verbose", "--", "sh", "-c", app_service, "sh", STORAGE))
    token_of(done)
    assert "cannot run inside another" in done.stderr and "mode env" in done.stderr, done.stderr
    token_of(inside(himds_exec("--", *curl(TOKEN_TARGET))))
    refused = inside(himds_exec("--mode", "connect", "--", "true"))
    assert refused.returncode == 125 and "Try --mode env" in refused.stderr, refused


@test("bypass-cache-once-a-minute")
def bypass():
    requests = [get()] + [get(f"{TOKEN_TARGET}&bypass_cache={value}") for value in ("true", "true", "True", "true")]
    agent("/emulator/requests", method="DELETE")
    assert [status for status, _ in raw(requests)] == [200] * 5
    assert handshakes() == 2, "the first token, and one newer"


@test("agent-absent-503-then-recovers")
def absent():
    """Both in one command: the agent starts while it runs."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    script = 'read -r _; "$@"; echo; read -r _; exec "$@"'
    curl_once = curl(TOKEN_TARGET, "-w", "\n%{http_code} %header{retry-after}")
    options = ("--source", "himds", "--endpoint", f"http://127.0.0.1:{port}")
    child = start(himds_exec("--mode", "connect", *options, "--", "sh", "-c", script, "sh", *curl_once), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write("once\n")
    child.stdin.flush()
    refusal, status = child.stdout.readline(), child.stdout.readline()
    assert status == "503 5\n" and "himds diagnose" in refusal, (status, refusal)
    with Relay(port):
        answer, _ = child.communicate("again\n", timeout=LIMIT)
    answer, _, status = answer.rpartition("\n")
    assert status.startswith("200") and is_token(json.loads(answer)["access_token"]), answer


@test("agent-restart-mid-request")
def restart():
    """The agent goes away in the middle of its answer; the client of the command sees nothing of it."""
    for on in ("challenge", "key"):
        agent("/emulator/faults", {"on": on, "wire": {"action": "reset", "after": "half_head"}})
        token_of(inside(curl(TOKEN_TARGET)))
    assert not agent("/emulator/faults"), "both faults were met"


@test("peer-not-trusted-gets-no-key")
def relay_of_another_user():
    """A relay of an ordinary user in the agent's place gets no key, unless the user says so."""
    command = curl(TOKEN_TARGET, "-w", " %{http_code}")
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    options = ("--source", "himds", "--endpoint", f"http://127.0.0.1:{port}")
    with Relay(port, user=as_user(uid="4322", groups=None)):
        done = inside(command, *options)
        assert done.stdout.endswith(" 403") and "access_token" not in done.stdout, done
        done = inside(command, *options, "--no-verify-peer")
        assert done.stdout.endswith(" 200"), done


@test("audit-has-no-token")
def audit():
    done = run(himds_exec("--verbose", "--set-env", f"A={VAULT}", "--", "sh", "-c", '"$@" >/dev/null; curl -s -H "Metadata: true" "$0" >/dev/null', ADDRESS + "/latest",
                          *curl(TOKEN_TARGET)))
    lines = done.stderr.splitlines()
    assert any(" 200 GET " in line for line in lines) and any(" 404 GET /latest" in line for line in lines), done
    secrets = agent("/emulator/secrets")
    assert secrets and not any(secret in done.stderr for secret in secrets), done.stderr


@test("log-injection-escaped")
def injection():
    target = f"{TOKEN_PATH}?api-version=2018-02-01&resource=a%0Ahimds%20exec:%20200%20GET%1b%5B2J&client_id=x%0Dy"
    script = [PYTHON, os.path.join(PROGRAMS, "raw.py")]
    done = inside(script, "--verbose", input=json.dumps([get(target), get("/latest\t\x1b[2J"), "GET /a\nhimds exec: 200 GET /b HTTP/1.1\r\n\r\n"]))
    lines = done.stderr.splitlines()
    assert all(line.startswith("himds exec: ") and line.isprintable() for line in lines), lines
    assert not any(line.startswith("himds exec: 200 GET") for line in lines), lines


class Relay:
    """Passes bytes between a port and the emulator, as this user (root by default), while it lives."""

    def __init__(self, port, user=()):
        agent_port = os.environ["HIMDS_EMULATOR_HIMDS"].rpartition(":")[2]
        self.command = [*user, sys.executable, os.path.join(PROGRAMS, "relay.py"), str(port), agent_port]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
