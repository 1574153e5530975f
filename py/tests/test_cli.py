"""The command ``himds``: stdout, stderr and exit status."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import himds
from emulator import USER_ASSIGNED, Emulator

VAULT = "https://vault.azure.net"


class Command:
    """Runs the command against an emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.options = ["--source", "himds", "--endpoint", emulator.himds, "--token-dir", emulator.token_dir]

    def __call__(self, name: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return run(name, *self.options, *arguments, **options)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "himds", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def command(emulator: Emulator) -> Command:
    return Command(emulator)


def test_token_alone_on_stdout(command: Command) -> None:
    done = command("token", "--resource", VAULT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n")
    assert himds.decode_claims(done.stdout.strip())["aud"].startswith(VAULT)


def test_token_as_json(command: Command) -> None:
    answer = json.loads(command("token", "--resource", VAULT, "--json").stdout)
    assert set(answer) == {"token", "expires_on", "refresh_on", "resource", "token_type"}


@pytest.mark.parametrize("selector", ["client_id", "object_id", "resource_id"])
def test_token_of_a_user_assigned_identity(command: Command, selector: str) -> None:
    done = command("token", f"--{selector.replace('_', '-')}", USER_ASSIGNED[selector])
    assert himds.decode_claims(done.stdout.strip())["oid"] == USER_ASSIGNED["object_id"]


def test_force_refresh_says_when_the_same_token_came_back(start_emulator) -> None:
    old = start_emulator("[himds]\nhonours_bypass_cache = false\n")
    done = Command(old)("token", "--force-refresh")
    assert done.returncode == 0
    assert "same token" in done.stderr
    new = start_emulator("[himds]\nhonours_bypass_cache = true\n")
    assert Command(new)("token", "--force-refresh").stderr == ""


def test_metadata(command: Command) -> None:
    whole = json.loads(command("metadata").stdout)
    assert command("metadata", "--path", "/compute/name").stdout == whole["compute"]["name"] + "\n"
    assert json.loads(command("metadata", "--path", "/compute/tagsList").stdout) == whole["compute"]["tagsList"]
    assert json.loads(command("metadata", "--path", "/compute/name", "--json").stdout) == whole["compute"]["name"]
    done = command("metadata", "--path", "/compute/nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not_found" in done.stderr


def test_text_of_any_kind_on_any_terminal(command: Command, emulator: Emulator) -> None:
    name = "caf\\u00e9\\u001b[31m"
    emulator.fault(on="metadata", count=0, status=200, body=f'{{"compute":{{"name":"{name}"}}}}')
    arguments = ("metadata", "--path", "/compute/name")
    assert command(*arguments).stdout == "caf\u00e9\u001b[31m\n"
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert command(*arguments, env=ascii_only).stdout == "caf\\xe9\u001b[31m\n"
    whole = [sys.executable, "-m", "himds", arguments[0], *command.options, *arguments[1:]]
    assert b"\x1b" not in on_terminal(whole, dict(os.environ))


def test_claims(command: Command) -> None:
    done = command("claims", "--resource", VAULT)
    assert f"aud: {VAULT}" in done.stdout
    assert "UTC" in done.stdout
    claims = json.loads(command("claims", "--resource", VAULT, "--json").stdout)
    token = command("token", "--resource", VAULT).stdout
    assert json.loads(run("claims", "--stdin", "--json", input=token).stdout)["aud"] == claims["aud"]
    assert run("claims", "--stdin", input="no token").returncode == 5


def test_source(command: Command, emulator: Emulator) -> None:
    answer = json.loads(command("source", "--json").stdout)
    assert answer["source"] == "himds"
    assert answer["endpoint"] == emulator.himds
    assert answer["reason"]
    assert "himds" in command("source").stdout


def test_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSI_ENDPOINT", "http://127.0.0.1:1")
    done = run("source")
    assert done.returncode == 3
    assert "Cloud Shell" in done.stdout or "Azure ML" in done.stdout
    assert run("token").returncode == 3


EXITS = [
    ({"status": 500, "body": ""}, 5),
    ({"preset": "himds_not_assigned"}, 5),
    ({"status": 429, "body": ""}, 5),
    ({"status": 200, "body": "[]", "on": "key"}, 5),
    ({"no_challenge": True}, 4),
    ({"www_authenticate": ["Basic realm=/etc/passwd"]}, 4),
    ({"key": {"kind": "missing"}}, 4),
    ({"on": "key", "refuse_key": True}, 4),
    ({"wire": {"action": "hang"}}, 3),
    ({"wire": {"action": "reset"}}, 3),
]


@pytest.mark.parametrize(("fault", "status"), EXITS)
def test_exit_status(command: Command, emulator: Emulator, fault: dict[str, Any], status: int) -> None:
    emulator.fault(count=0, **fault)
    done = command("token", "--max-attempts", "1", "--timeout", "1")
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("himds: ")
    assert "Traceback" not in done.stderr


def test_nobody_listens_is_3_with_a_hint(command: Command, emulator: Emulator) -> None:
    emulator.stop()
    done = command("token")
    assert (done.returncode, done.stdout) == (3, "")
    assert "hint: " in done.stderr
    error = json.loads(command("token", "--json").stderr)
    assert error["kind"] == "unavailable"
    assert error["hint"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("token", "--nonsense"),
        ("token", "--timeout", "soon"),
        ("token", "--timeout", "0"),
        ("token", "--timeout", "nan"),
        ("token", "--max-attempts", "0"),
        ("token", "--max-attempts", "99999999999"),
        ("token", "--max-attempts", "9" * 30),
        # Another option must not be taken for the one that is not there.
        ("source", "--resource", "x"),
        ("metadata", "--source", "himds", "--resource", "x"),
        ("token", "--source", "vm"),
        ("token", "--source", "himds", "--endpoint", "http://example.com"),
        ("token", "--client-id", "a", "--object-id", "b"),
        ("token", "--client-id", ""),
        ("token", "--source", "himds", "--resource", ""),
        ("metadata", "--source", "himds", "--token-dir", "relative"),
    ],
)
def test_usage_is_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_how_many_attempts_there_may_be() -> None:
    assert "max_attempts must be from 1 to 4294967295" in run("token", "--max-attempts", "99999999999").stderr


def test_bytes_that_are_not_text() -> None:
    command = [sys.executable.encode(), b"-m", b"himds", b"token", b"--source", b"himds", b"--client-id", b"\xff\xfe"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_help_suffices() -> None:
    for arguments in (
        ("--help",),
        *((name, "--help") for name in ("token", "metadata", "claims", "source", "diagnose")),
    ):
        done = run(*arguments)
        assert done.returncode == 0
        assert "usage: himds" in done.stdout
    assert "exit status" in run("--help").stdout
    assert run("--version").stdout == f"himds {himds.__version__}\n"


def test_ctrl_c_is_130(emulator: Emulator) -> None:
    emulator.fault(wire={"action": "hang"}, count=0)
    arguments = [*Command(emulator).options, "--timeout", "20"]
    process = subprocess.Popen(
        [sys.executable, "-m", "himds", "token", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not emulator.requests():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (130, "", "")


def test_the_console_script_is_the_same(command: Command) -> None:
    script = Path(sys.executable).with_name("himds")
    done = subprocess.run([script, "source", *command.options], capture_output=True, text=True, check=True)
    assert done.stdout == command("source").stdout


def test_colour_only_on_a_terminal(command: Command) -> None:
    assert "\033[" not in command("diagnose", "--resource", VAULT).stdout
    arguments = [sys.executable, "-m", "himds", "diagnose", *command.options]
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    assert b"\033[32mok" in on_terminal(arguments, environment)
    assert b"\033[" not in on_terminal(arguments, {**environment, "NO_COLOR": "1"})


def on_terminal(arguments: list[str], environment: dict[str, str]) -> bytes:
    leader, follower = pty.openpty()
    process = subprocess.Popen(arguments, stdout=follower, env=environment)
    os.close(follower)
    shown = b""
    # The leader's read ends with EIO once the other side is closed.
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    process.wait(10)
    return shown
