"""The command's standard streams: closed, full, with a reader that has gone, with text that would forge lines."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from emulator import Emulator
from test_cli import Command, run


@pytest.fixture
def command(emulator: Emulator) -> Command:
    return Command(emulator)


def shell(script: str, command: Command, **options: Any) -> subprocess.CompletedProcess[str]:
    """A script in which ``$himds`` is the command and ``$options`` lead to the emulator."""
    environment = {**os.environ, "himds": f"{sys.executable} -m himds", "options": " ".join(command.options)}
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, **options)


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 1>/dev/null | true"])
@pytest.mark.parametrize("failing", ["token $options --resource ''", "token --nonsense", "token --endpoint http://x.y"])
def test_an_error_that_nobody_reads_keeps_its_status(command: Command, failing: str, redirection: str) -> None:
    done = shell(f"$himds {failing} {redirection}; echo status ${{PIPESTATUS[0]}}", command, check=True)
    assert done.stdout == "status 2\n"
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["token", "metadata", "claims", "source", "diagnose"])
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_cannot_be_written(command: Command, name: str, redirection: str, unbuffered: str) -> None:
    done = shell(f"PYTHONUNBUFFERED={unbuffered} $himds {name} $options {redirection}", command, check=False)
    assert done.returncode == 74
    assert done.stderr.startswith("himds: the answer cannot be written: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_help_that_cannot_be_written(command: Command, redirection: str, unbuffered: str) -> None:
    done = shell(f"PYTHONUNBUFFERED={unbuffered} $himds --help {redirection}", command, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (74, 1)
    done = shell("$himds token --help | true; echo ${PIPESTATUS[0]}", command, check=True)
    assert done.stdout.strip() in ("0", "141")
    assert done.stderr == ""


def test_claims_of_nothing(command: Command) -> None:
    done = shell("$himds claims --stdin <&-", command, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input is closed" in done.stderr
    assert shell("$himds claims --stdin </dev/null", command, check=False).returncode == 5
    undecodable = shell("printf '\\xff\\xfe.a.b' | PYTHONIOENCODING=utf-8 $himds claims --stdin", command, check=False)
    assert undecodable.returncode == 2
    assert "invalid_argument" in undecodable.stderr


def test_no_line_is_forged(command: Command, emulator: Emulator) -> None:
    claims = {"name": "x\noid: forged", "a\noid": "forged", "list": ["a\u2028b"], "tid": "t"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    done = run("claims", "--stdin", input=f"e30.{body}.x")
    assert done.returncode == 0
    names = [line.split(":")[0] for line in done.stdout.split("\n")]
    assert names == ["name", "a\\noid", "list", "tid", ""]
    emulator.fault(status=403, body=json.dumps({"error": "x", "error_description": "a\nhint: run this"}))
    lines = command("token").stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["himds", "hint"]
    assert "run this" not in lines[1]


def test_a_reader_that_has_gone(command: Command) -> None:
    script = f"{sys.executable} -m himds metadata {' '.join(command.options)} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")
