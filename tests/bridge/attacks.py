"""What somebody on the machine tries who wants more than the rules give him: to keep others out, or to be told apart wrongly."""

import os
import socket
import subprocess

from bridge import *

# The first of the numbers that an ordinary user may have besides his own, by /etc/subuid.
SUBORDINATE = 100000


def own(bridge, *arguments):
    return get(*arguments, host=f"127.0.0.1:{bridge.port}")


@test("many-uids-of-one-stranger-leave-room")
def many_uids():
    """newuidmap(1) gives an ordinary user 65536 accounts: as many connections as one may have, from each of them."""
    with Bridge() as bridge:
        script = f"""
import os, socket
connections = []
for uid in range({SUBORDINATE}, {SUBORDINATE} + 10):
    os.seteuid(uid)
    for _ in range(256):
        connection = socket.create_connection(("127.0.0.1", {bridge.port}), timeout=30)
        connection.sendall(b"G")
        connections.append(connection)
    os.seteuid(0)
print("on", flush=True)
input()
"""
        child = subprocess.Popen([*as_user(0), PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "on\n"
        token_of(ask_one(own(bridge), to=bridge.to))
        child.communicate("\n", timeout=LIMIT)
        assert "too many connections at once" in bridge.log(), bridge.log()[-500:]


@test("the-same-account-outside-its-unit-leaves-room")
def same_account():
    need_cgroup2()
    with Bridge() as bridge:
        script = f"""
import socket
connections = [socket.create_connection(("127.0.0.1", {bridge.port}), timeout=30) for _ in range(300)]
print("on", flush=True)
input()
"""
        child = subprocess.Popen([*as_user(OTHER), PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "on\n"
        until(lambda: "too many connections at once" in bridge.log(), "the account has as many as it may have")
        token_of(ask_one(own(bridge, target(VAULT)), OTHER, group=unit(WEB), to=bridge.to))
        child.communicate("\n", timeout=LIMIT)


# Connects to TO:AT from ADDRESS:PORT, "" for the address that the route to the metadata service gives, and prints the status.
FROM_PORT = """
import socket, sys
host, address, port, to, at, patience = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
    route.connect(("169.254.169.254", 80))
    source = address or route.getsockname()[0]
s = socket.socket()
s.settimeout(float(patience))
s.bind((source, int(port)))
try:
    s.connect((to, int(at)))
    s.sendall(sys.stdin.read().replace("HOST", host).encode())
    answer = b""
    while piece := s.recv(65536):
        answer += piece
    print(answer.split()[1].decode())
except ConnectionRefusedError:
    print("refused")
except TimeoutError:
    print("late")
"""


def from_port(uid, port, to, host, address="", patience=10):
    done = run([PYTHON, "-c", FROM_PORT, host, address, str(port), *map(str, to), str(patience)], uid, input=get(host="HOST"))
    assert done.stdout, done.stderr
    return done.stdout.strip()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@test("a-stranger-at-the-port-does-not-move-the-redirected")
def not_moved():
    """Connection tracking gives a redirected connection another source port if its own leads to the bridge already. Then nobody
    could tell whose it is, so a stranger must not be able to take the ports of those who are redirected."""
    bridge = standard()
    own_host, port = f"127.0.0.1:{bridge.port}", free_port()
    assert from_port(OTHER, port, bridge.to, own_host, address="127.0.0.1") == "403", "everybody may ask at the port itself"
    assert from_port(OTHER, port, bridge.to, own_host) == "refused", "but not from where the redirected come"
    assert from_port(BACKUP, port, ADDRESS, ADDRESS[0]) == "200", bridge.last()


@test("a-stranger-who-is-not-redirected-leaves-no-trace")
def no_trace():
    """Connection tracking keeps a connection that nobody answered for two minutes. Who comes from the same port then must still be
    redirected."""
    standard()
    port = free_port()
    assert from_port(OTHER, port, ADDRESS, ADDRESS[0], patience=0.2) == "late"
    assert from_port(BACKUP, port, ADDRESS, ADDRESS[0]) == "200"


@test("answers-that-nobody-reads-take-no-memory")
def unread_answers():
    """What is sent and not read waits in the kernel, and counts as the service's memory."""
    need("ss")
    with Bridge() as bridge:
        script = f"""
import socket
requests = {own(bridge).replace("Connection: close", "A: b")!r}.encode() * 100
connections = [socket.create_connection(("127.0.0.1", {bridge.port}), timeout=1) for _ in range(10)]
for connection in connections:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        for _ in range(200):
            connection.sendall(requests)
    except OSError:
        pass
    print("full", flush=True)
input()
"""
        child = subprocess.Popen([*as_user(OTHER), PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        largest = 0
        for _ in range(10):
            assert child.stdout.readline() == "full\n"
            sockets = subprocess.run(["ss", "-tmnHO", "sport", "=", f":{bridge.port}"], stdout=subprocess.PIPE, text=True, check=True).stdout
            found = [sum(int(size) for size in re.findall(r"(?:skmem:\(|,)(?:r|f|w)(\d+)", line)) for line in sockets.splitlines() if "skmem" in line]
            assert found, sockets
            largest = max(largest, *found)
        child.communicate("\n", timeout=LIMIT)
        # 256 of them are less than half of the unit's MemoryMax=.
        assert largest <= 96 * 1024, largest


@test("left-group-on-kept-connection")
def left_group():
    """A caller who was in the group when connecting, but has left it by the time the rules are read again."""
    with open("/etc/group") as file:
        before = file.read()
    with Bridge() as bridge:
        request = own(bridge, target(DATABASE)).replace("Connection: close\r\n", "")
        answers = start_asking([request] * 3, WRITER, to=bridge.to)
        token_of(next(answers))
        try:
            # In place: the file is mounted.
            with open("/etc/group", "w") as file:
                file.write(before.replace(":t-writer\n", ":\n"))
            bridge.reload(RULES)
            refused(next(answers))
        finally:
            with open("/etc/group", "w") as file:
                file.write(before)
        bridge.reload(RULES)
        token_of(next(answers))
        list(answers)


@test("spellings-are-one-handshake")
def spellings():
    """What is requested in another letter case is the same token: a client must not reach the agent as often as it likes."""
    with Bridge() as bridge:
        agent("/emulator/requests", method="DELETE")
        hosts = ["storage.azure.com", "Storage.azure.com", "STORAGE.AZURE.COM", "storage.Azure.com"]
        for host in hosts:
            asked = f"https://{host}"
            assert token_of(ask_one(own(bridge, target(asked)), to=bridge.to))["resource"] == asked
        assert handshakes() == 1, handshakes()
        for identity in (USER_ASSIGNED, USER_ASSIGNED.upper(), USER_ASSIGNED.capitalize()):
            token_of(ask_one(own(bridge, target(more=f"&client_id={identity}")), to=bridge.to))
        assert handshakes() == 2, handshakes()


@test("log-shows-the-daemon-alone")
def log_of_the_daemon():
    """Anybody may write to the journal, under any name: `logger -t himds-bridge`. Only the unit is what the journal itself knows."""
    directory = os.path.join(work(), "fake")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, "journalctl")
    with open(path, "w") as file:
        file.write('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    os.chmod(path, 0o755)
    done = run([HIMDS, "bridge", "log"], 0, env={"PATH": f"{directory}:{os.environ['PATH']}"})
    assert "_SYSTEMD_UNIT=himds-bridge.service" in done.stdout.splitlines(), done


@test("config-by-another's-link-refused")
def config_by_a_link():
    """Whoever has the directory of a link decides which of root's files the rules are."""
    good = write_config(RULES, "linked.toml")
    theirs, middle = "/var/opt/test/theirs", os.path.join(os.path.dirname(good), "middle.toml")
    os.makedirs(theirs, exist_ok=True)
    os.chown(theirs, OTHER, OTHER)
    link = os.path.join(theirs, "bridge.toml")
    os.symlink(good, link)
    # Also in the middle of the way.
    os.symlink(link, middle)
    for path in (link, middle):
        done = run([HIMDS, "bridge", "check", "--config", path, "--source", "himds"], 0)
        assert done.returncode == 2 and theirs in done.stderr, (path, done)
    roots = os.path.join(os.path.dirname(good), "roots.toml")
    os.symlink("../etc/./linked.toml", roots)
    done = run([HIMDS, "bridge", "check", "--config", roots, "--source", "himds"], 0)
    assert done.returncode != 2 and "6 rules" in done.stdout, done


@test("config-that-is-not-a-file")
def config_not_a_file():
    pipe = write_config("", "pipe.toml")
    os.remove(pipe)
    os.mkfifo(pipe, 0o644)
    for path, why in ((pipe, "is not a file"), ("/dev/null", "is not a file"), (os.path.dirname(pipe), "is not a file")):
        done = run([HIMDS, "bridge", "check", "--config", path], 0)
        assert done.returncode == 2 and why in done.stderr, (path, done)
