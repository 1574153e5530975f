"""Every runtime's way to connect, also without a blocking call if it has one."""

import os
import subprocess

from harness import *

URL = ADDRESS + TOKEN_TARGET


def from_a_runtime(command, *options):
    """Runs a program that prints the token's answer, three times over: alone, and with nobody's address in the way."""
    return token_of(inside(command, *options, env={"HOME": work(), "GOCACHE": os.path.join(work(), "go"), "URL": URL}))


def built(name, command, **env):
    path = os.path.join(work(), name)
    if not os.path.exists(path):
        subprocess.run(command, check=True, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    return path


@test("exec-nonblocking-runtimes: go")
def go():
    need("go")
    program = built("go-client", ["go", "build", "-o", os.path.join(work(), "go-client"), os.path.join(PROGRAMS, "client.go")],
                    GOCACHE=os.path.join(work(), "go"), GOPROXY="off", GO111MODULE="off")
    from_a_runtime([program])


@test("exec-nonblocking-runtimes: node")
def node():
    need("node")
    for client in ("http", "fetch"):
        from_a_runtime(["node", os.path.join(PROGRAMS, "client.mjs"), client])


@test("exec-nonblocking-runtimes: java")
def java():
    need("java", "javac")
    built("Client.class", ["javac", "-d", work(), os.path.join(PROGRAMS, "Client.java")])
    for client in ("HttpURLConnection", "HttpClient"):
        from_a_runtime(["java", "-cp", work(), "Client", client])


@test("exec-nonblocking-runtimes: python")
def python():
    venv = os.environ.get("HIMDS_EXEC_PYTHON")
    for client in ("urllib", "asyncio"):
        from_a_runtime([PYTHON, os.path.join(PROGRAMS, "client.py"), client])
    if not venv:
        raise Skipped("requests and aiohttp not found")
    for client in ("requests", "aiohttp"):
        from_a_runtime([venv, os.path.join(PROGRAMS, "client.py"), client])


@test("exec-nonblocking-runtimes: rust")
def rust():
    programs = os.environ.get("HIMDS_EXEC_RUST")
    if not programs:
        raise Skipped("the Rust client not found")
    for client in ("tokio", "ureq"):
        from_a_runtime([programs, client])


@test("exec-nonblocking-runtimes: mono")
def mono():
    need("mono", "mcs")
    built("client.exe", ["mcs", "-out:" + os.path.join(work(), "client.exe"), os.path.join(PROGRAMS, "client.cs")])
    from_a_runtime(["mono", os.path.join(work(), "client.exe")])


if os.environ.get("OTHER_CLOUD") == "yes":

    @test("exec-next-to-another-clouds-service")
    def other_cloud():
        """Where another cloud's service answers at the address, the command gets ours, and everybody else the other one."""
        outside = run(curl(TOKEN_TARGET))
        assert outside.stdout == "another cloud\n", outside
        token_of(inside(curl(TOKEN_TARGET)))
        for mode in ("http", "fetch"):
            token_of(inside(["node", os.path.join(PROGRAMS, "client.mjs"), mode], env={"URL": URL}))
