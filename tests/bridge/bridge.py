"""What the tests of `himds bridge` share: a running bridge, users, units, and requests."""

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import harness
from harness import LIMIT, PYTHON, STORAGE, TOKEN_TARGET, INSTANCE_TARGET, USER_ASSIGNED, USER_ASSIGNED_ID, VAULT, Skipped, agent, get, handshakes, is_token, need, test, until, work

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
HIMDS = os.environ["HIMDS"]
KEYS = 64217
BRIDGE, HIMDS_USER, ARCPROXY, BACKUP, OTHER, JOBS, WRITER = 64300, 64217, 64218, 4321, 4322, 4323, 4324
DATABASE = "https://database.windows.net"
ADDRESS = ["169.254.169.254", 80]
CGROUP = "/sys/fs/cgroup"
UNITS = os.environ["HIMDS_TEST_UNITS"]
WEB, JOB, ROOTS = (f"{UNITS}-{name}.service" for name in ("web", "job", "root"))



def rule(name, who, resource=STORAGE, more=""):
    """One [[allow]]."""
    return f'[[allow]]\nname = "{name}"\n{who}\nresource = ["{resource}"]\n{more}'


INSTANCE = 'metadata = ["/metadata/instance"]\n'
RULES = (
    rule("backup", 'user = "t-backup"',
         more=f'identity = ["system", "{USER_ASSIGNED}", "{USER_ASSIGNED_ID}", "0f0f0f0f-0000-4000-8000-000000000000"]\n{INSTANCE}')
    + rule("web unit", f'unit = "{WEB}"', VAULT)
    + rule("job unit and user", f'unit = "{JOB}"\nuser = "t-jobs"')
    + rule("writers", 'group = "t-writers"', DATABASE)
    + rule("root's unit", f'unit = "{ROOTS}"\nuser = "root"', more=INSTANCE)
    + rule("the agent", 'user = "himds"', more=INSTANCE)
    + "[limits]\nrate = 1000\nburst = 2000\n"
)


def has_cgroup2():
    with open("/proc/mounts") as mounts:
        return any(line.split()[1:3] == [CGROUP, "cgroup2"] for line in mounts)


def need_cgroup2():
    if not has_cgroup2():
        raise Skipped("no cgroup2")


@functools.cache
def unit(name):
    """The control group of a unit, as systemd makes it."""
    path = f"{CGROUP}/system.slice/{name}"
    os.makedirs(path, exist_ok=True)
    return path


def target(resource=STORAGE, more=""):
    return TOKEN_TARGET.replace(STORAGE, resource) + more


def instance(below=""):
    return INSTANCE_TARGET.replace("/metadata/instance", "/metadata/instance" + below)


def as_user(uid, group=None, keys=False):
    """The beginning of a command that runs as this account, in this control group."""
    groups = ["--groups", str(KEYS)] if keys else ["--init-groups"] if uid in (WRITER, HIMDS_USER) else ["--clear-groups"]
    user = ["setpriv", "--reuid", str(uid), "--regid", str(uid), *groups, "--no-new-privs"] if uid else ["setpriv", "--no-new-privs"]
    if group is None:
        return user
    return ["sh", "-c", 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"', "sh", group, *user]


def environment(**more):
    """Nothing that tells of the agent: its clients know only a VM's address."""
    return {"PATH": os.environ["PATH"], "HOME": work(), "TMPDIR": work(), "LANG": "C.UTF-8", **more}


def run(command, uid=BACKUP, group=None, env=None, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    if "input" in more:
        del more["stdin"]
    return subprocess.run([*as_user(uid, group), *command], env=environment(**(env or {})), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=LIMIT, **more)


def ask(requests, uid=BACKUP, group=None, to=ADDRESS, prefix=(), **more):
    """Sends raw requests as this account: a list of [status, body, seconds, head]."""
    task = json.dumps({"to": to, "requests": requests, **more})
    command = [*prefix, *as_user(uid, group), PYTHON, os.path.join(PROGRAMS, "ask.py")]
    done = subprocess.run(command, input=task + "\n", env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask_one(request, uid=BACKUP, **more):
    (status, body, seconds, head), = ask([request], uid, **more)
    return status, body


def start_asking(requests, uid=BACKUP, to=ADDRESS, **more):
    """The same on one connection, an answer at a time: `next(answers)` sends the next request."""
    child = subprocess.Popen([*as_user(uid), PYTHON, os.path.join(PROGRAMS, "ask.py")], env=environment(), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    child.stdin.write(json.dumps({"to": to, "requests": requests, "keep": True, "signal": True, **more}) + "\n")
    child.stdin.flush()
    for _ in requests:
        yield json.loads(child.stdout.readline())
        child.stdin.write("\n")
        child.stdin.flush()
    child.stdin.close()
    child.wait(LIMIT)


def write_config(text, name="bridge.toml", mode=0o644):
    directory = "/var/opt/test/etc"
    os.makedirs(directory, mode=0o755, exist_ok=True)
    path = os.path.join(directory, name)
    # As an administrator's editor does it.
    with open(path + ".new", "w") as file:
        file.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)
    return path


OUTPUTS = []
# Keys and tokens of agents that have ended.
SECRETS = []


class Bridge:
    """`himds bridge run` as a service runs: an account of its own, in the group of the keys, without a capability."""

    count = 0

    def __init__(self, rules=RULES, listen="127.0.0.1:0", sockets=(), options=(), user=None, env=None, expect=0):
        Bridge.count += 1
        self.config = write_config(rules, f"bridge-{Bridge.count}.toml")
        self.output = f"/var/opt/test/bridge-{Bridge.count}.log"
        OUTPUTS.append(self.output)
        command = [*(user or as_user(BRIDGE, keys=True)), HIMDS, "bridge", "run", "--config", self.config, "--source", "himds", *options]
        if listen:
            command += ["--listen", listen]
        if sockets:
            command = [PYTHON, os.path.join(PROGRAMS, "activate.py"), *sockets, "--", *command]
        notify = f"/var/opt/test/notify-{Bridge.count}"
        self.agent = {name: os.environ[name] for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT")}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, open(self.output, "w") as output:
            ready.bind(notify)
            os.chmod(notify, 0o666)
            ready.settimeout(LIMIT)
            self.process = subprocess.Popen(command, env=environment(NOTIFY_SOCKET=notify, **self.agent, **(env or {})), stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output)
            if expect:
                assert self.process.wait(LIMIT) == expect, self.log()
                return
            waiting = True
            ready.settimeout(0.05)
            while waiting:
                try:
                    waiting = b"READY=1" not in ready.recv(1000)
                except TimeoutError:
                    assert self.process.poll() is None, self.log()
        if listen and (found := re.search(r"listens at 127\.0\.0\.1:(\d+)\n", self.log())):
            self.port = int(found[1])
            self.to = ["127.0.0.1", self.port]

    def log(self):
        with open(self.output) as file:
            return file.read()

    def audit(self):
        return [line for line in self.log().splitlines() if re.match(r"himds bridge: (granted|refused) ", line)]

    def last(self):
        return self.audit()[-1]

    def reload(self, rules, expect="has read"):
        before = self.log().count(expect)
        write_config(rules, os.path.basename(self.config))
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log().count(expect) > before, f"{expect}: {self.log()}")

    def redirect(self):
        """Applies the redirect, as an administrator does."""
        rules = subprocess.run([HIMDS, "bridge", "rules", "--nft", "--config", self.config, "--listen", f"127.0.0.1:{self.port}"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True).stdout
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
        return rules

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(LIMIT) == 0, self.log()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def no_redirect():
    rules = subprocess.run([HIMDS, "bridge", "rules", "--nft", "--remove"], stdout=subprocess.PIPE, text=True, check=True).stdout
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


@functools.cache
def standard():
    """The bridge that most tests ask, with its redirect."""
    if has_cgroup2():
        for name in (WEB, JOB, ROOTS):
            unit(name)
    bridge = Bridge()
    bridge.redirect()
    return bridge


def token_of(answer):
    status, body = answer[:2]
    assert status == 200, answer
    document = json.loads(body)
    assert is_token(document["access_token"]), document
    return document


def refused(answer, status=403):
    assert answer[0] == status, answer
    assert "access_token" not in answer[1] and "unreachable" not in answer[1].lower(), answer
    return answer[1]


def no_handshake(function):
    """Runs it; no refusal may reach the agent."""
    agent("/emulator/requests", method="DELETE")
    result = function()
    assert handshakes() == 0, "a refusal has reached the agent"
    return result


class Agent:
    """An agent of its own, which can be started, stopped and started again at the same port."""

    def __init__(self, config=""):
        self.directory = "/var/opt/test/own-agent"
        os.makedirs(self.directory, exist_ok=True)
        self.config = "/var/opt/test/own-agent.toml"
        with open(self.config, "w") as file:
            file.write(config)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.options = ["--endpoint", self.url, "--token-dir", self.directory]

    def start(self):
        ready = os.path.join(self.directory, "..", "own-agent.ready")
        with contextlib.suppress(FileNotFoundError):
            os.remove(ready)
        self.process = subprocess.Popen([os.environ["EMULATOR"], "--config", self.config, "--himds-port", str(self.port), "--no-imds", "--token-dir", self.directory,
                                         "--ready-file", ready], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(lambda: os.path.exists(ready), "the agent is ready")
        return self

    def call(self, path, body=None):
        """The emulator's own interface."""
        request = urllib.request.Request(self.url + path, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait(LIMIT)
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def remember(mine):
    """The agent's keys and tokens are searched for at the end."""
    SECRETS.extend(mine.call("/emulator/secrets"))
