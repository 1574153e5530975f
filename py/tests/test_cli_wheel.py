"""What the command has from the interpreter that runs it: encoding, signals, and the native program's subcommands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import Emulator
from test_cli import VAULT, Command, run


@pytest.fixture
def command(emulator: Emulator) -> Command:
    return Command(emulator)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", b"caf\xc3\xa9 \xe2\x82\xac"), ("latin-1", b"caf\xe9 \\u20ac"), ("ascii", b"caf\\xe9 \\u20ac")],
)
def test_text_is_in_the_interpreters_encoding(
    command: Command, emulator: Emulator, encoding: str, shown: bytes
) -> None:
    emulator.fault(on="metadata", count=0, status=200, body='{"compute":{"name":"caf\\u00e9 \\u20ac"}}')
    arguments = [sys.executable, "-m", "himds", "metadata", *command.options, "--path", "/compute/name"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    assert subprocess.run(arguments, capture_output=True, check=True, env=environment).stdout == shown + b"\n"


def test_the_native_programs_subcommands(command: Command, tmp_path: Path) -> None:
    token = command("token", VAULT).stdout
    assert command("token", VAULT, "--format", "header").stdout == f"Authorization: Bearer {token}"
    file = tmp_path / "token"
    assert command("token-file", VAULT, "--out", str(file)).returncode == 0
    assert file.read_text() + "\n" == token
    assert file.stat().st_mode & 0o777 == 0o600
    answer = command("git-credential", "get", input="protocol=https\nhost=dev.azure.com\n\n").stdout
    assert answer.startswith("username=himds\npassword=ey")
    assert "complete -o default -F _himds himds" in run("completion", "bash").stdout


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="skipped: /proc not found")
def test_ctrl_c_ends_a_wait_for_stdin(command: Command) -> None:
    arguments = [sys.executable, "-m", "himds", "claims", *command.options, "--stdin"]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        # The kernel tells the number of the call, read's on x86-64 and arm64, and the descriptor.
        call = Path(f"/proc/{process.pid}/syscall")
        while not call.read_text().startswith(("0 0x0 ", "63 0x0 ")):
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
