"""What lasts, and what comes back."""

import signal
import subprocess
import threading

# Its tests run with these.
import attacks  # noqa: F401
from bridge import *


def own(bridge, path=None, *lines):
    return get(path or target(), *lines, host=f"127.0.0.1:{bridge.port}")


def kept(request):
    return request.replace("Connection: close\r\n", "")


@test("slow-loris")
def slow_loris():
    """Strangers who send a byte now and then, more of them than one caller may: others are served meanwhile."""
    with Bridge() as bridge:
        script = f"""
import socket, sys
connections = []
for _ in range(300):
    c = socket.create_connection(("127.0.0.1", {bridge.port}), timeout=30)
    c.sendall(b"G")
    connections.append(c)
print("on", flush=True)
first = connections[0]
print(first.recv(100).split()[1].decode(), flush=True)
"""
        child = subprocess.Popen([*as_user(OTHER), PYTHON, "-c", script], stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "on\n"
        token_of(ask_one(own(bridge), to=bridge.to))
        until(lambda: "too many connections at once" in bridge.log(), "the rest was not even read")
        assert child.stdout.readline() == "400\n"
        child.wait(LIMIT)


@test("oversized-header")
def oversized():
    bridge = standard()
    for request in (get(target(), "X: " + "a" * 9000), get(target(), *["A: b"] * 70), get(target() + "&x=" + "a" * 9000),
                    get(target(), "Content-Length: 5") + "hello", get(target(), "Transfer-Encoding: chunked") + "0\r\n\r\n"):
        refused(ask_one(request), 400)
    assert "status=400" in bridge.last(), bridge.last()


@test("pipelined-second-request-rechecked")
def pipelined():
    standard()
    script = f"""
import socket
s = socket.create_connection(("169.254.169.254", 80), timeout=30)
s.sendall({(kept(get()) + get(target(VAULT)))!r}.encode())
answer = b""
while piece := s.recv(65536):
    answer += piece
print(answer.decode())
"""
    done = run([PYTHON, "-c", script])
    assert done.stdout.count("HTTP/1.1 200 OK") == 1 and done.stdout.count("HTTP/1.1 403 Forbidden") == 1, (done.stdout, done.stderr)
    assert done.stdout.count("access_token") == 1, done.stdout


@test("rule-removed-on-kept-connection")
def rule_removed():
    with Bridge() as bridge:
        answers = start_asking([kept(own(bridge))] * 3, to=bridge.to)
        token_of(next(answers))
        bridge.reload(RULES.replace('user = "t-backup"', 'user = "t-other"'))
        refused(next(answers))
        bridge.reload(RULES)
        token_of(next(answers))
        list(answers)


@test("rate-limit")
def rate_limit():
    rules = RULES.replace("rate = 1000", "rate = 1").replace("burst = 2000", "burst = 5") + ""
    with Bridge(rules) as bridge:
        answers = ask([own(bridge)] * 12, to=bridge.to)
        statuses = [answer[0] for answer in answers]
        assert statuses[:5] == [200] * 5 and 429 in statuses and set(statuses) <= {200, 429}, statuses
        limited = next(answer for answer in answers if answer[0] == 429)
        assert "\r\nRetry-After: " in limited[3] and "too_many_requests" in limited[1], limited
        # Others have their own; and who may not ask at all is told so, however often.
        need_no = ask([own(bridge)] * 12, OTHER, to=bridge.to)
        assert [answer[0] for answer in need_no] == [403] * 12
        token_of(ask_one(own(bridge, target(DATABASE)), WRITER, to=bridge.to))


@test("refusals-do-not-flood-the-log")
def no_flood():
    with Bridge() as bridge:
        ask([own(bridge)] * 300, OTHER, to=bridge.to)
        token_of(ask_one(own(bridge), to=bridge.to))
        assert len(bridge.audit()) < 200 and "suppressed=" in bridge.last(), len(bridge.audit())


@test("agent-absent-503-then-recovers")
def agent_absent():
    with Agent() as mine, Bridge(options=mine.options) as bridge:
        answer = ask([own(bridge)], to=bridge.to)[0]
        refused(answer, 503)
        assert "\r\nRetry-After: " in answer[3], answer
        mine.start()
        token_of(ask_one(own(bridge), to=bridge.to))
        remember(mine)


@test("keys-unreadable-is-told")
def keys_unreadable():
    """The client cannot do anything about it; the administrator reads once what to do, and again after a reload."""
    with Bridge(user=as_user(BRIDGE)) as bridge:
        for _ in range(3):
            assert "permission denied" in refused(ask_one(own(bridge), to=bridge.to))
        hint = "no token can be given out: cannot read /var/opt/azcmagent/tokens/"
        assert bridge.log().count(hint) == 1 and f"uid {BRIDGE}, which must be in the group himds" in bridge.log(), bridge.log()
        bridge.reload(RULES)
        refused(ask_one(own(bridge), to=bridge.to))
        assert bridge.log().count(hint) == 2, bridge.log()


@test("agent-restart-mid-request")
def agent_restart():
    """It is waited for, however long its start takes on a busy machine."""
    with Agent().start() as mine, Bridge(options=[*mine.options, "--wait-for-service", "25"]) as bridge:
        mine.process.send_signal(signal.SIGSTOP)
        results = []
        thread = threading.Thread(target=lambda: results.append(ask_one(own(bridge), to=bridge.to)))
        thread.start()
        until(lambda: established(mine.port), "the agent is asked")
        mine.kill()
        mine.start()
        thread.join(LIMIT)
        token_of(results[0])
        remember(mine)


@test("agent-slow-others-are-served")
def agent_slow():
    """Who waits for the agent holds up nobody: not those whose token is kept, and not those who are refused."""
    with Agent().start() as mine, Bridge(options=mine.options) as bridge:
        token_of(ask_one(own(bridge), to=bridge.to))
        mine.process.send_signal(signal.SIGSTOP)
        waits = subprocess.Popen([*as_user(WRITER), "curl", "-sS", "-H", "Metadata: true", f"http://127.0.0.1:{bridge.port}{target(DATABASE)}"],
                                 stdout=subprocess.PIPE, text=True)
        until(lambda: established(mine.port), "the agent is asked")
        token_of(ask_one(own(bridge), to=bridge.to))
        refused(ask_one(own(bridge), OTHER, to=bridge.to))
        mine.process.send_signal(signal.SIGCONT)
        token_of((200, waits.communicate(timeout=LIMIT)[0]))
        remember(mine)


@test("soak-no-descriptor-growth")
def short_soak():
    """Some seconds of what `make soak-bridge` does for ten minutes."""
    import soak

    soak.main(12)


@test("ends-at-once-with-connections-open")
def ends():
    bridge = Bridge()
    answers = start_asking([kept(own(bridge))] * 2, to=bridge.to)
    token_of(next(answers))
    bridge.stop()
    assert bridge.log().endswith("ends\n"), bridge.log()
    list(answers)


def established(port):
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[2] == f"0100007F:{port:04X}" and row[3] == "01" for row in rows)
