"""What is refused, and how."""

import json
import os
import subprocess

from bridge import *


def all_are(status, requests, uid=BACKUP, **more):
    """Sends requests that must all be refused with this status, and reach nobody. Who is not redirected asks on the port."""
    bridge = standard()
    if uid not in (BACKUP, JOBS, WRITER):
        requests = [request.replace("Host: 169.254.169.254", f"Host: 127.0.0.1:{bridge.port}") for request in requests]
        more["to"] = bridge.to
    answers = no_handshake(lambda: ask(requests, uid, **more))
    for request, answer in zip(requests, answers, strict=True):
        assert answer[0] == status, (request, answer)
        refused(answer, status)


@test("other-uid-403-within-10-ms")
def other_uid():
    bridge = standard()
    answers = no_handshake(lambda: ask([get(host=f"127.0.0.1:{bridge.port}")] * 20, OTHER, to=bridge.to))
    for answer in answers:
        body = refused(answer)
    assert f"uid {OTHER}" in body and "himds bridge" in body, body
    # The machine is shared with other tests; what one of twenty takes is what it takes.
    assert min(answer[2] for answer in answers) < 0.010, [answer[2] for answer in answers]
    assert bridge.last().startswith("himds bridge: refused") and f"uid={OTHER}" in bridge.last() and "rule=" not in bridge.last(), bridge.last()
    for uid in (0, 1, ARCPROXY, BRIDGE):
        all_are(403, [get(), get(target(VAULT)), get(target(DATABASE))], uid)


@test("other-unit")
def other_unit():
    need_cgroup2()
    all_are(403, [get(target(VAULT))], OTHER, group=unit(f"{UNITS}-other.service"))
    all_are(403, [get(target(VAULT))], OTHER)
    # A user's own manager makes units of any name.
    path = f"{CGROUP}/system.slice/{UNITS}-user.service/app.slice/{WEB}"
    os.makedirs(path, exist_ok=True)
    all_are(403, [get(target(VAULT))], OTHER, group=path)
    assert "unit=" not in standard().last() or f"unit={WEB}" not in standard().last(), standard().last()


@test("right-uid-wrong-unit")
def right_uid_wrong_unit():
    need_cgroup2()
    all_are(403, [get()], JOBS)
    all_are(403, [get()], JOBS, group=unit(WEB))
    all_are(403, [get()], OTHER, group=unit(JOB))


@test("resource-not-listed")
def resource_not_listed():
    listed = "https://storage.azure.com"
    all_are(403, [get(target(other)) for other in (VAULT, listed + ".evil.example", listed + "/x", listed + "//", "http://storage.azure.com",
                                                   "https://management.azure.com", listed + "%2f%2f", "https://storage.azure.com@evil.example")])


@test("resource-in-any-form")
def resource_in_any_form():
    standard()
    for form in ("https://storage.azure.com/", "HTTPS://Storage.Azure.COM", "https%3A%2F%2Fstorage.azure.com%2F.default"):
        token_of(ask_one(get(target(form))))


@test("identity-not-listed")
def identity_not_listed():
    other = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0009"
    all_are(403, [get(target(more=f"&{selector}={other}")) for selector in ("client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id")])
    need_cgroup2()
    all_are(403, [get(target(VAULT, f"&client_id={USER_ASSIGNED}"))], OTHER, group=unit(WEB))


@test("uami-not-confirmed-nothing-cached")
def uami_not_confirmed():
    standard()
    # Listed by the rule, not assigned to the machine.
    missing = "0f0f0f0f-0000-4000-8000-000000000000"
    refused(ask_one(get(target(more=f"&client_id={missing}"))), 400)
    with Bridge() as bridge:
        request = get(target(more=f"&client_id={USER_ASSIGNED}"), host=f"127.0.0.1:{bridge.port}")
        # As agents before 1.66: the machine's own token, whatever identity is named.
        agent("/emulator/faults", {"on": "key", "ignore_selectors": True, "count": 0})
        try:
            agent("/emulator/requests", method="DELETE")
            for _ in range(2):
                refused(ask_one(request, to=bridge.to), 400)
            assert handshakes() == 2, "nothing was kept"
        finally:
            agent("/emulator/faults", method="DELETE")
        assert token_of(ask_one(request, to=bridge.to))["client_id"] == USER_ASSIGNED


@test("no-metadata-header")
def no_metadata_header():
    path = "/metadata/identity/oauth2/token"
    all_are(400, [get(metadata=None), get(path, metadata=None), get(path), get(metadata="Metadata: false"), get(instance(), metadata=None)])


@test("header-twice")
def header_twice():
    all_are(400, [get(target(), "Metadata: true"), get(target(), "metadata: false")])


@test("forwarded-for")
def forwarded_for():
    all_are(400, [get(target(), line) for line in ("X-Forwarded-For: 10.0.0.1", "Forwarded: for=1", "Via: 1.1 x", "X-Real-IP: 1")])


@test("host-rebinding")
def host_rebinding():
    all_are(403, [get(host=host) for host in ("evil.example", "169.254.169.254.evil.example", "169.254.169.254:8080", "localhost", "127.0.0.1")])


@test("origin")
def origin():
    all_are(403, [get(target(), line) for line in ("Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site")])


@test("absolute-form")
def absolute_form():
    all_are(400, [get("http://169.254.169.254" + target()), get("http://evil.example" + target())])


@test("put-connect-trace")
def methods():
    all_are(400, [get(method=method) for method in ("PUT", "POST", "TRACE", "DELETE", "OPTIONS")]
            + [get("169.254.169.254:80", method="CONNECT"), get("/latest/api/token", method="PUT")])


@test("backslash-path")
def backslash():
    all_are(400, [get(target().replace("/identity/", "\\identity\\")), get("\\" + target()[1:])])


@test("percent-2f-dot-dot")
def percent():
    path = "/metadata/identity/oauth2/token"
    others = ("/metadata/identity%2Foauth2/token", "/metadata/x/../identity/oauth2/token", "/metadata/%2e%2e/metadata/identity/oauth2/token",
              "//metadata/identity/oauth2/token", "/metadata/./identity/oauth2/token", "/metadata/identity/oauth2/token;a")
    all_are(400, [get(target().replace(path, other)) for other in others])


@test("duplicate-parameter")
def duplicate_parameter():
    all_are(400, [get(target(more="&" + more)) for more in (f"resource={VAULT}", f"resource={STORAGE}", "api-version=2018-02-01", "RESOURCE=x",
                                                             f"client_id={USER_ASSIGNED}&mi_res_id={USER_ASSIGNED_ID}")])


@test("no-api-version")
def no_api_version():
    path = "/metadata/identity/oauth2/token"
    all_are(400, [get(f"{path}?{query}") for query in (f"resource={STORAGE}", f"api-version=&resource={STORAGE}",
                                                       f"api-version=2018-02-03&resource={STORAGE}", "api-version=2018-02-01")])


@test("latest-404")
def latest():
    all_are(404, [get(path) for path in ("/latest", "/latest/meta-data/", "/openstack/latest/meta_data.json", "/metadata/scheduledevents?api-version=2020-07-01")])


@test("metadata-not-listed")
def metadata_not_listed():
    with Bridge(f'[[allow]]\nuser = "t-backup"\nmetadata = ["/metadata/instance/compute"]\n') as bridge:
        def own(path):
            return ask_one(get(path, host=f"127.0.0.1:{bridge.port}"), to=bridge.to)

        assert own(instance("/compute"))[0] == 200
        assert own(instance("/compute/name") + "&format=text")[0] == 200
        for path in (instance(), instance("/network"), "/metadata/identity/info?api-version=2018-02-01", target()):
            refused(own(path))


@test("root-not-implied")
def root_not_implied():
    standard()
    all_are(403, [get(), get(target(VAULT)), get(target(DATABASE))], 0)
    need_cgroup2()
    # A rule for a unit is not one for its root, and one for root wants its unit.
    all_are(403, [get(target(VAULT))], 0, group=unit(WEB))
    all_are(403, [get()], 0, group=unit(JOB))
    all_are(403, [get()], 0, group=unit(f"{UNITS}-other.service"))
    all_are(403, [get()], OTHER, group=unit(ROOTS))


@test("himds-user-metadata-404")
def agents_metadata():
    bridge = standard()
    paths = [instance(), instance("/compute"), "/metadata/versions", "/metadata/identity/info?api-version=2018-02-01"]
    for uid in (HIMDS_USER, ARCPROXY, 0):
        # In the redirect they are left out; on the port itself they are refused.
        own = [get(path, host=f"127.0.0.1:{bridge.port}") for path in paths]
        for answer in ask(own, uid, to=bridge.to):
            refused(answer, 404)
    # It is named for tokens, which is not what it looks for.
    token_of(ask_one(get(host=f"127.0.0.1:{bridge.port}"), HIMDS_USER, to=bridge.to))


@test("denied-client-gives-up-within-1-s")
def denied_client():
    """As old clients do: they repeat after 404, 410, 429 and 5xx, for minutes. The real ones are in test-bridge-clients."""
    standard()
    done = run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{time_total}", "--retry", "5", "-H", "Metadata: true",
                "http://169.254.169.254" + target(VAULT)])
    status, seconds = done.stdout.split()
    assert status == "403" and float(seconds) < 1, (done.stdout, done.stderr)
