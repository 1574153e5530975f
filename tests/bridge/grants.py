"""What is granted."""

import json
import os

from bridge import *


def curl(url_target, *options):
    return ["curl", "-sS", "-m", "20", "-H", "Metadata: true", *options, "http://169.254.169.254" + url_target]


@test("token-curl")
def token_curl():
    bridge = standard()
    done = run(curl(target()))
    answer = token_of((200, done.stdout))
    assert sorted(answer) == sorted(
        "access_token client_id expires_in expires_on ext_expires_in not_before resource token_type".split()), answer
    assert answer["access_token"] in agent("/emulator/secrets"), "it is the service's own token, unchanged"
    import hashlib

    fingerprint = hashlib.sha256(answer["access_token"].encode()).hexdigest()[:8]
    line = bridge.last()
    for part in ("granted rule=backup", f"uid={BACKUP}", "method=GET", "path=/metadata/identity/oauth2/token", "identity=system",
                 f"resource={STORAGE}", "status=200", f"token_sha256={fingerprint}"):
        assert part in line, (part, line)


@test("by-unit")
def by_unit():
    need_cgroup2()
    bridge = standard()
    token_of(ask_one(get(target(VAULT)), OTHER, group=unit(WEB)))
    assert f'rule="web unit" uid={OTHER} unit={WEB}' in bridge.last(), bridge.last()
    # What the service makes below is the service.
    inner = unit(WEB) + "/inner"
    os.makedirs(inner, exist_ok=True)
    token_of(ask_one(get(target(VAULT)), OTHER, group=inner))


@test("by-unit-and-user")
def by_unit_and_user():
    need_cgroup2()
    token_of(ask_one(get(), JOBS, group=unit(JOB)))


@test("by-group")
def by_group():
    token_of(ask_one(get(target(DATABASE)), WRITER))


@test("root-by-name-and-unit")
def root_by_name():
    need_cgroup2()
    bridge = standard()
    token_of(ask_one(get(), 0, group=unit(ROOTS)))
    assert ask_one(get(instance()), 0, group=unit(ROOTS))[0] == 200, bridge.last()


@test("metadata")
def metadata():
    standard()
    answers = ask([get(instance()), get(instance("/compute/vmSize") + "&format=text"), get("/metadata/identity/info?api-version=2018-02-01"),
                   get("/metadata/versions")])
    assert [answer[0] for answer in answers] == [200] * 4, answers
    assert json.loads(answers[0][1])["compute"]["vmSize"] == "" and answers[1][1] == "", answers


@test("v4-mapped-v6")
def v4_mapped():
    standard()
    token_of(ask_one(get(), to=["::ffff:169.254.169.254", 80]))


@test("uami-confirmed")
def uami_confirmed():
    standard()
    for selector in (f"client_id={USER_ASSIGNED}", f"mi_res_id={USER_ASSIGNED_ID}", f"msi_res_id={USER_ASSIGNED_ID}"):
        answer = token_of(ask_one(get(target(more="&" + selector))))
        assert answer["client_id"] == USER_ASSIGNED, (selector, answer["client_id"])


@test("hundred-asks-one-handshake")
def one_handshake():
    with Bridge() as bridge:
        agent("/emulator/requests", method="DELETE")
        script = 'for i in $(seq 100); do "$@" & pids="$pids $!"; done; for p in $pids; do wait $p || exit 1; done'
        url = f"http://127.0.0.1:{bridge.port}{target()}"
        done = run(["sh", "-c", script, "sh", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\n", "-H", "Metadata: true", url])
        assert done.returncode == 0 and done.stdout == "200\n" * 100, (done.stdout, done.stderr)
        assert handshakes() == 1, handshakes()


@test("cloudshell-only-if-enabled")
def cloud_shell():
    body = f"resource={STORAGE}"
    post = get("/oauth2/token", "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", method="POST") + body
    standard()
    refused(ask_one(post), 400)
    with Bridge("cloud_shell = true\n" + RULES) as bridge:
        post = post.replace("169.254.169.254", f"127.0.0.1:{bridge.port}")
        token_of(ask_one(post, to=bridge.to))


@test("unix-socket")
def unix_socket():
    rules = rule("container", 'socket = "container"') + rule("backup", 'socket = "host"\nuser = "t-backup"', VAULT)
    one, two = "/var/opt/test/container.socket", "/var/opt/test/host.socket"
    with Bridge(rules, listen=None, sockets=[f"container=unix:{one}", f"host=unix:{two}"]) as bridge:
        for uid in (OTHER, 0):
            token_of(ask_one(get(), uid, to=one))
        assert "rule=container" in bridge.last() and "socket=container" in bridge.last() and "uid=0" in bridge.last(), bridge.last()
        refused(ask_one(get(target(VAULT)), OTHER, to=one))
        token_of(ask_one(get(target(VAULT)), BACKUP, to=two))
        refused(ask_one(get(target(VAULT)), OTHER, to=two))
        refused(ask_one(get(target(VAULT)), 0, to=two))
        # curl's way to say a socket.
        done = run(["curl", "-sS", "-H", "Metadata: true", "--unix-socket", one, "http://localhost" + target()], OTHER)
        token_of((200, done.stdout))


@test("keys-0640-himds-bridge-in-the-group-client-not")
def keys():
    standard()
    script = f"""
import os, sys, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request("{os.environ['IDENTITY_ENDPOINT']}?api-version=2020-06-01&resource={STORAGE}", headers={{"Metadata": "true"}}))
except urllib.error.HTTPError as error:
    path = error.headers["WWW-Authenticate"].split("=", 1)[1].strip('"')
print(oct(os.stat(path).st_mode & 0o777), os.stat(path).st_gid)
open(path)
"""
    script = script.replace("import os, sys,", "import os, sys, urllib.error,")
    # The client may not even search the directory, or may not open the file.
    done = run([PYTHON, "-c", script], BACKUP)
    assert done.returncode != 0 and "PermissionError" in done.stderr, (done.stdout, done.stderr)
    done = run([PYTHON, "-c", script], 0)
    assert done.stdout == f"0o640 {KEYS}\n", done
    token_of(ask_one(get()))
