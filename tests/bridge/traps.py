"""Who calls: the traps that need several accounts. Those of the kernel's answers alone are in bridge/src/daemon/who/traps.rs."""

import os
import signal
import socket
import subprocess

from bridge import *


class Stopped:
    """The bridge does not run for a moment: what is done meanwhile was before its look-up."""

    def __init__(self, bridge):
        self.process = bridge.process

    def __enter__(self):
        self.process.send_signal(signal.SIGSTOP)
        until(lambda: open(f"/proc/{self.process.pid}/stat").read().split(") ")[1][0] == "T", "it has stopped")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)


def own(bridge, resource=STORAGE):
    return get(target(resource), host=f"127.0.0.1:{bridge.port}")


@test("peer-closed-before-lookup")
def peer_closed():
    with Bridge() as bridge:
        with Stopped(bridge):
            script = f"import socket\ns = socket.create_connection(('127.0.0.1', {bridge.port}))\ns.sendall({own(bridge)!r}.encode())\ns.close()"
            assert run([PYTHON, "-c", script]).returncode == 0
        until(lambda: bridge.audit(), "it is told")
        line = bridge.last()
        assert line.startswith("himds bridge: refused") and "status=403" in line and "closed its connection" in line and "uid=" not in line, line


@test("peer-gone-before-the-token-is-written")
def peer_gone():
    with Agent().start() as mine, Bridge(options=mine.options) as bridge:
        mine.process.send_signal(signal.SIGSTOP)
        script = f"import socket\ns = socket.create_connection(('127.0.0.1', {bridge.port}))\ns.sendall({own(bridge)!r}.encode())\ninput()\ns.close()"
        child = subprocess.Popen([*as_user(BACKUP), PYTHON, "-c", script], stdin=subprocess.PIPE, text=True)
        # The bridge is asking the agent as soon as it has a connection to it.
        until(lambda: established(mine.port), "the agent is asked")
        child.communicate("\n", timeout=LIMIT)
        mine.process.send_signal(signal.SIGCONT)
        until(lambda: bridge.audit(), "it is told")
        assert "refused" in bridge.last() and "rule=backup" in bridge.last() and "token_sha256" not in bridge.last(), bridge.last()


def established(port):
    """Whether a connection to this port of loopback is open."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[2] == f"0100007F:{port:04X}" and row[3] == "01" for row in rows)


@test("uid-of-the-maker")
def uid_of_the_maker():
    with Bridge() as bridge:
        for maker, holder, expected in ((BACKUP, OTHER, 200), (OTHER, BACKUP, 403), (0, BACKUP, 403)):
            script = f"""
import os, socket
os.seteuid({maker})
s = socket.socket()
os.seteuid(0)
os.setuid({holder})
s.connect(("127.0.0.1", {bridge.port}))
s.sendall({own(bridge)!r}.encode())
print(s.recv(20).split()[1].decode())
"""
            done = run([PYTHON, "-c", script], 0)
            assert done.stdout == f"{expected}\n", (maker, holder, done.stdout, done.stderr)


@test("unmapped-uid")
def unmapped_uid():
    """The bridge in a user namespace that has neither user: to it both are 65534."""
    need_cgroup2()
    launcher = f"""
import ctypes, os, sys
ready, go = os.pipe(), os.pipe()
for pipe in (*ready, *go):
    os.set_inheritable(pipe, True)
child = os.fork()
if child == 0:
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os.setgroups([{KEYS}]); os.setgid({BRIDGE}); os.setuid({BRIDGE})
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(ready[0], 1)
for kind in ("uid", "gid"):
    with open(f"/proc/{{child}}/{{kind}}_map", "w") as file:
        file.write("0 0 1\\n{KEYS} {KEYS} 1\\n{BRIDGE} {BRIDGE} 1\\n")
os.write(go[1], b"x")
import signal
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    with Bridge(user=[PYTHON, "-c", launcher]) as bridge:
        refused(ask_one(own(bridge, VAULT), OTHER, group=unit(WEB), to=bridge.to))
        assert "uid=65534" in bridge.last() and f"unit={WEB}" in bridge.last(), bridge.last()
        refused(ask_one(own(bridge), BACKUP, to=bridge.to))
    named = rule("outside", 'user = "65534"')
    with Bridge(named, user=[PYTHON, "-c", launcher]) as bridge:
        token_of(ask_one(own(bridge), BACKUP, to=bridge.to))


@test("original-destination-behind-dnat")
def behind_dnat():
    bridge = standard()
    token_of(ask_one(get(), BACKUP))
    # The same redirect led to the bridge by another name of the machine.
    token_of(ask_one(get(host=f"127.0.0.1:{bridge.port}"), BACKUP, to=bridge.to))


@test("other-network-namespace")
def other_network_namespace():
    """Somebody in another namespace, by a cable, as the user that may: the kernel here knows nothing of his socket."""
    with Bridge(listen=None, sockets=["=tcp:0.0.0.0:8081"]) as bridge, Namespace(cable=True) as other:
        body = refused(ask_one(get(host="127.0.0.1:8081"), BACKUP, to=["10.99.0.1", 8081], prefix=other.prefix))
        assert "another network namespace" in body, body
        assert "uid=" not in bridge.last(), bridge.last()


@test("netns-socket-gets-only-its-rule")
def netns_socket():
    rules = (rule("the web container", 'socket = "netns-web"', VAULT) + rule("backup", 'user = "t-backup"')
             + rule("not by its socket alone", 'socket = "plain"', DATABASE))
    with Namespace() as web, Namespace() as db:
        sockets = [f"netns-web=tcp:169.254.169.254:80@{web.pid}", f"netns-db=tcp:169.254.169.254:80@{db.pid}", "plain=tcp:127.0.0.1:8082"]
        with Bridge(rules, listen=None, sockets=sockets) as bridge:
            assert "another network namespace" in bridge.log(), bridge.log()
            assert 'rule "not by its socket alone" allows nothing: everybody here reaches the socket "plain"' in bridge.log(), bridge.log()
            assert bridge.log().count("allows nothing") == 1, bridge.log()
            bridge.reload(rules + rule("slip", 'socket = "netns-wbe"'))
            slip = 'rule "slip" allows nothing: no socket here is called "netns-wbe"; did you mean "netns-web"?'
            until(lambda: slip in bridge.log(), bridge.log())
            for uid in (OTHER, BACKUP, 0):
                token_of(ask_one(get(target(VAULT)), uid, prefix=web.prefix))
                refused(ask_one(get(), uid, prefix=web.prefix))
                refused(ask_one(get(target(VAULT)), uid, prefix=db.prefix))
                refused(ask_one(get(), uid, prefix=db.prefix))
            assert "socket=netns-db" in bridge.last(), bridge.last()
            plain = ["127.0.0.1", 8082]
            token_of(ask_one(get(host="127.0.0.1:8082"), BACKUP, to=plain))
            refused(ask_one(get(target(DATABASE), host="127.0.0.1:8082"), OTHER, to=plain))


@test("same-pair-of-addresses-in-another-namespace")
def same_pair():
    """A caller in a container takes the very addresses of a connection that an allowed user has outside."""
    rules = rule("backup", 'user = "t-backup"')
    script = "import socket,sys\ns=socket.socket()\ns.bind(('127.0.0.1',45678))\ns.connect(('127.0.0.1',8083))\n"
    with Namespace() as inside:
        sockets = ["outside=tcp:127.0.0.1:8083", f"inside=tcp:127.0.0.1:8083@{inside.pid}"]
        with Bridge(rules, listen=None, sockets=sockets) as bridge:
            holder = subprocess.Popen([*as_user(BACKUP), PYTHON, "-c", script + "print('on', flush=True)\ninput()"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            assert holder.stdout.readline() == "on\n"
            request = get(host="127.0.0.1:8083")
            done = subprocess.run([*inside.prefix, *as_user(OTHER), PYTHON, "-c", script + f"s.sendall({request!r}.encode())\nprint(s.recv(20).split()[1].decode())"],
                                  stdout=subprocess.PIPE, text=True, timeout=LIMIT)
            holder.communicate("\n", timeout=LIMIT)
            assert done.stdout == "403\n", (done.stdout, bridge.log())


class Namespace:
    """Another network namespace, as a container has it, with the address on its own loopback; with a cable, 10.99.0.2."""

    def __init__(self, cable=False):
        self.cable = cable

    def __enter__(self):
        setup = "ip link set lo up && ip address add 169.254.169.254/32 dev lo && echo ready && read -r _"
        self.process = subprocess.Popen(["unshare", "-n", "sh", "-c", setup], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.pid = self.process.pid
        self.prefix = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]
        if self.cable:
            for command in (f"ip link add cable type veth peer name eth0 netns {self.pid}", "ip address add 10.99.0.1/24 dev cable",
                            "ip link set cable up", f"nsenter --net=/proc/{self.pid}/ns/net ip address add 10.99.0.2/24 dev eth0",
                            f"nsenter --net=/proc/{self.pid}/ns/net ip link set eth0 up"):
                subprocess.run(command.split(), check=True)
        return self

    def __exit__(self, *_):
        self.process.communicate("\n", timeout=LIMIT)
