"""What the tests of `himds exec` share: a list of tests by name, a user who may read the keys, and raw requests."""

import functools
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
STORAGE = "https://storage.azure.com"
VAULT = "https://vault.azure.net"
ADDRESS = "http://169.254.169.254"
TOKEN_PATH = "/metadata/identity/oauth2/token"
TOKEN_TARGET = f"{TOKEN_PATH}?api-version=2018-02-01&resource={STORAGE}"
INSTANCE_TARGET = "/metadata/instance?api-version=2021-02-01"
# As emulator.toml has it.
USER_ASSIGNED = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003"
USER_ASSIGNED_ID = (
    "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
)
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
# Nothing here takes so long; what does has gone wrong.
LIMIT = 60

TESTS = []


class Skipped(Exception):
    """A tool is missing."""


def test(name):
    """Registers a test by the name that the contract gives it."""

    def register(function):
        TESTS.append((name, function))
        return function

    return register


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise Skipped(f"{tool} not found")


def as_user(groups="himds", uid="4321"):
    """An ordinary user, in the group of the keys or not."""
    groups = ["--groups", groups] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", uid, "--regid", uid, *groups, "--no-new-privs"]


def himds_exec(*arguments):
    """The command line of `himds exec` with these arguments."""
    return [*os.environ["HIMDS_EXEC"].split(), *arguments]


def environment(**more):
    agent = {name: os.environ[name] for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT")}
    return {"PATH": os.environ["PATH"], "HOME": work(), "TMPDIR": work(), "LANG": "C.UTF-8", **agent, **more}


@functools.cache
def work():
    """A directory that the user may write to; the name space's own, so it goes with it."""
    path = "/var/opt/test/work"
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)
    return path


def run(arguments, user=None, env=None, **more):
    """Runs a command as the user, with what it wrote as text."""
    more.setdefault("timeout", LIMIT)
    if "stdin" not in more and "input" not in more:
        more["stdin"] = subprocess.DEVNULL
    return subprocess.run(
        [*(as_user() if user is None else user), *arguments],
        env=environment(**(env or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def inside(command, *options, **more):
    """Runs a command inside `himds exec` in mode connect."""
    return run(himds_exec("--mode", "connect", *options, "--", *command), **more)


def start(arguments, **more):
    return subprocess.Popen([*as_user(), *arguments], env=environment(), text=True, **more)


def curl(target, *options):
    return ["curl", "-sS", "-m", "20", "-H", "Metadata: true", *options, ADDRESS + target]


def token_of(done):
    """The answer that a client printed, which must be a token."""
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr}"
    answer = json.loads(done.stdout)
    assert is_token(answer["access_token"]), answer
    return answer


def is_token(text):
    return text.startswith("eyJ") and text.count(".") == 2


def raw(requests, *options):
    """Sends raw requests from inside `himds exec`, each on its own connection: a list of (status, body)."""
    text = json.dumps([request if isinstance(request, str) else request.decode("latin-1") for request in requests])
    done = inside([PYTHON, os.path.join(PROGRAMS, "raw.py")], *options, input=text)
    assert done.returncode == 0, done.stderr
    return [tuple(answer) for answer in json.loads(done.stdout)]


def get(target=TOKEN_TARGET, *lines, host="169.254.169.254", metadata="Metadata: true", method="GET"):
    """A request, byte for byte."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", metadata, *lines, "Connection: close"]
    return "\r\n".join(line for line in lines if line) + "\r\n\r\n"


def agent(path, body=None, method=None):
    """The emulator's own interface."""
    request = urllib.request.Request(
        os.environ["HIMDS_EMULATOR_HIMDS"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def handshakes():
    """How many tokens the agent has issued against a key."""
    return sum(record["stage"] == "key" for record in agent("/emulator/requests"))


def compiled(source, *options, compiler="cc"):
    """A C program of `programs/`, compiled."""
    need(compiler)
    program = os.path.join(work(), os.path.splitext(source)[0])
    if not os.path.exists(program):
        command = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", os.path.join(PROGRAMS, source), "-o"]
        subprocess.run([*command, program, "-lpthread", *options], check=True)
    return program


def until(condition, what):
    """Waits until something is so; what is never so is a failure."""
    limit = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < limit, f"never: {what}"
        time.sleep(0.005)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def processes(marker):
    """The pids of the processes that have this text in their environment: a tree, whatever its parents are by now."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if marker.encode() in file.read():
                        found.append(int(entry))
            except OSError:
                pass
    return found
