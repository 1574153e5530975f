"""What is refused, and how."""

import json
import os
import subprocess
import threading
import time

from harness import *

HANDSHAKES_BEFORE = "no refusal reaches the agent"


def refused(requests, *options):
    """Sends requests that must all be refused without a token; their statuses."""
    answers = raw(requests, *options)
    for request, (status, body) in zip(requests, answers):
        assert "access_token" not in body, request
        assert status not in (404, 410, 429, 500, 503) or "/latest" in request or "/openstack" in request, (request, status)
        assert "unreachable" not in body.lower()
    return [status for status, _ in answers]


def all_are(status, requests, *options):
    agent("/emulator/requests", method="DELETE")
    statuses = refused(requests, *options)
    assert statuses == [status] * len(requests), list(zip(requests, statuses))
    assert handshakes() == 0, HANDSHAKES_BEFORE


@test("no-metadata-header")
def no_metadata_header():
    all_are(400, [get(metadata=None), get(TOKEN_PATH, metadata=None), get(TOKEN_PATH), get(metadata="Metadata: false"),
                  get(INSTANCE_TARGET, metadata=None)])


@test("header-twice")
def header_twice():
    all_are(400, [get(TOKEN_TARGET, "Metadata: true"), get(TOKEN_TARGET, "metadata: false")])


@test("forwarded-for")
def forwarded_for():
    all_are(400, [get(TOKEN_TARGET, line) for line in ("X-Forwarded-For: 10.0.0.1", "Forwarded: for=1", "Via: 1.1 x", "X-Real-IP: 1")])


@test("host-rebinding")
def host_rebinding():
    all_are(403, [get(host=host) for host in ("evil.example", "169.254.169.254.evil.example", "169.254.169.254:8080", "localhost", "127.0.0.1")])


@test("origin")
def origin():
    all_are(403, [get(TOKEN_TARGET, line) for line in ("Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")])


@test("absolute-form")
def absolute_form():
    all_are(400, [get(ADDRESS + TOKEN_TARGET), get("http://evil.example" + TOKEN_TARGET)])


@test("put-connect-trace")
def methods():
    all_are(400, [get(method=method) for method in ("PUT", "POST", "TRACE", "DELETE", "OPTIONS")]
            + [get("169.254.169.254:80", method="CONNECT"), get("/latest/api/token", method="PUT")])


@test("backslash-path")
def backslash():
    all_are(400, [get(TOKEN_TARGET.replace("/identity/", "\\identity\\")), get("\\" + TOKEN_TARGET[1:])])


@test("percent-2f-dot-dot")
def percent():
    paths = ("/metadata/identity%2Foauth2/token", "/metadata/x/../identity/oauth2/token", "/metadata/%2e%2e/metadata/identity/oauth2/token",
             "//metadata/identity/oauth2/token", "/metadata/./identity/oauth2/token", "/metadata/identity/oauth2/token;a", "/metadata/identity/oauth2/token#a")
    all_are(400, [get(TOKEN_TARGET.replace(TOKEN_PATH, path)) for path in paths])


@test("duplicate-parameter")
def duplicate_parameter():
    all_are(400, [get(f"{TOKEN_TARGET}&{more}") for more in (f"resource={VAULT}", f"resource={STORAGE}", "api-version=2018-02-01", "RESOURCE=x",
                                                            "x=1&x=2", f"client_id={USER_ASSIGNED}&mi_res_id={USER_ASSIGNED_ID}")])


@test("no-api-version")
def no_api_version():
    all_are(400, [get(f"{TOKEN_PATH}?{query}") for query in (f"resource={STORAGE}", f"api-version=&resource={STORAGE}",
                                                            f"api-version=2018-02-03&resource={STORAGE}", "api-version=2018-02-01")])


@test("latest-404")
def latest():
    targets = ("/latest", "/latest/meta-data/", "/openstack/latest/meta_data.json", "/latest?Metadata=true")
    all_are(404, [get(target) for target in targets])
    statuses = [status for status, _ in raw([get(target) for target in (
        "/metadata/attested/document?api-version=2021-02-01", "/metadata/scheduledevents?api-version=2020-07-01",
        "/metadata/instance/compute/nothing?api-version=2021-02-01&format=text")])]
    assert statuses == [404] * 3, statuses


@test("oversized-header")
def oversized():
    all_are(400, [get(TOKEN_TARGET, "X: " + "a" * 9000), get(TOKEN_TARGET, *["A: b"] * 70), get(TOKEN_TARGET + "&x=" + "a" * 9000),
                  get(TOKEN_TARGET, "Content-Length: 5") + "hello", get(TOKEN_TARGET, "Transfer-Encoding: chunked") + "0\r\n\r\n"])


@test("slow-loris")
def slow_loris():
    done = inside([PYTHON, os.path.join(PROGRAMS, "slow.py")])
    assert done.stdout == "ended with 400, others were served meanwhile\n", done.stdout + done.stderr


@test("pipelined-second-request-rechecked")
def pipelined():
    first = get().replace("Connection: close\r\n", "")
    (status, body), = raw([first + get(TOKEN_TARGET.replace(STORAGE, VAULT))], "--resource", STORAGE)
    assert status == 200 and body.count("access_token") == 1 and "403 Forbidden" in body, body


@test("resource-not-listed")
def resource_not_listed():
    all_are(403, [get(TOKEN_TARGET.replace(STORAGE, other)) for other in (VAULT, STORAGE + ".evil", STORAGE + "/x", "http://storage.azure.com")],
            "--resource", STORAGE)
    for same in (STORAGE, STORAGE + "/", STORAGE + "/.default", "HTTPS://Storage.Azure.com", STORAGE.replace(":", "%3A").replace("/", "%2F")):
        (status, body), = raw([get(TOKEN_TARGET.replace(STORAGE, same))], "--resource", STORAGE)
        assert status == 200, (same, body)


@test("exec-child-cannot-exceed-resource")
def child_cannot_exceed():
    all_are(403, [get(TOKEN_TARGET.replace(STORAGE, VAULT))], "--resource", STORAGE, "--resource", "https://a.b")
    all_are(403, [get(INSTANCE_TARGET)], "--no-metadata")
    # Nor by starting himds exec again: the kernel takes one notifying filter.
    nested = inside(himds_exec("--mode", "connect", "--", *curl(TOKEN_TARGET)), "--resource", VAULT)
    assert nested.returncode == 125 and "cannot run inside another" in nested.stderr, nested


@test("identity-not-listed")
def identity_not_listed():
    all_are(403, [get(f"{TOKEN_TARGET}&client_id=8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001"), get(f"{TOKEN_TARGET}&mi_res_id={USER_ASSIGNED_ID}")],
            "--client-id", USER_ASSIGNED)


@test("uami-not-confirmed-nothing-cached")
def not_confirmed():
    # As an agent before 1.66: it ignores the selector and answers with the machine's own token.
    agent("/emulator/faults", {"on": "token", "ignore_selectors": True, "count": 4})
    try:
        (status, body), = raw([get(f"{TOKEN_TARGET}&client_id={USER_ASSIGNED}")])
        assert status == 400 and "access_token" not in body, body
    finally:
        agent("/emulator/faults", method="DELETE")
    (status, body), = raw([get(f"{TOKEN_TARGET}&client_id={USER_ASSIGNED}")])
    assert status == 200 and USER_ASSIGNED in body, body
    (status, body), = raw([get(f"{TOKEN_TARGET}&client_id=00000000-0000-0000-0000-000000000000")])
    assert status == 400, body


@test("wrong-secret")
def wrong_secret():
    script = 'for s in "$@"; do curl -s -o /dev/null -w "%{http_code} " -H "X-IDENTITY-HEADER: $s" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://a.b"; done'
    done = run(himds_exec("--mode", "env", "--", "sh", "-c", script, "sh", "", "x", "0" * 64))
    assert done.stdout == "400 403 403 ", done


@test("exec-other-process-cannot-connect")
def other_process():
    """The listener is on loopback, but answers only to connections that were made for the tree."""
    child = start(himds_exec("--mode", "connect", "--", PYTHON, "-c", "\n".join((
        "import socket, sys",
        "c = socket.create_connection(('169.254.169.254', 80))",
        "print(c.getpeername()[1], flush=True)",
        "sys.stdin.read()"))), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = int(child.stdout.readline())
    for user in (as_user(), as_user(uid="4322"), ["env"]):
        done = run(["curl", "-sS", "-m", "10", "-H", "Metadata: true", "-H", "Host: 169.254.169.254", f"http://127.0.0.1:{port}{TOKEN_TARGET}"], user=user)
        assert done.returncode == 52 and done.stdout == "", ("an empty reply is the only one", done)
    child.communicate("", timeout=LIMIT)


@test("denied-client-gives-up-within-1-s")
def denied_quickly():
    began = time.monotonic()
    done = inside(["curl", "-sS", "--retry", "5", "-m", "60", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Metadata: true", ADDRESS + TOKEN_TARGET],
                  "--resource", VAULT)
    assert done.stdout == "403" and time.monotonic() - began < 1, (done, time.monotonic() - began)


@test("no-agent-says-diagnose")
def no_agent():
    done = inside(curl(TOKEN_TARGET, "-w", " %{http_code}"), "--source", "himds", "--endpoint", "http://127.0.0.1:9")
    assert "himds diagnose" in done.stdout and done.stdout.endswith(" 503"), done.stdout


@test("key-not-readable-is-403-and-said-once")
def key_not_readable():
    twice = ["sh", "-c", '"$@"; "$@"', "sh", *curl(TOKEN_TARGET, "-w", " %{http_code} ")]
    done = run(himds_exec("--mode", "connect", "--", *twice), user=as_user(groups=None))
    assert done.stdout.count(" 403 ") == 2 and "himds diagnose" in done.stdout, done.stdout
    assert done.stderr.count("himds exec:") == 1 and "/var/opt/azcmagent/tokens" in done.stderr, done.stderr
