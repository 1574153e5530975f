"""What type checkers make of the package, with azure-core and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[1] / "python"

AZURE = """
from azure.core.credentials import AccessToken, AccessTokenInfo, SupportsTokenInfo, TokenCredential, TokenProvider
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential, AsyncTokenProvider
import himds
import himds.aio

credential = himds.ManagedIdentityCredential()
a: TokenCredential = credential
b: SupportsTokenInfo = credential
c: TokenProvider = credential
pair: AccessToken = credential.get_token("s", claims="x", tenant_id="t", enable_cae=True)
info: AccessTokenInfo = credential.get_token_info("s", options={"claims": "x"})
asynchronous = himds.aio.ManagedIdentityCredential()
d: AsyncTokenCredential = asynchronous
e: AsyncSupportsTokenInfo = asynchronous
f: AsyncTokenProvider = asynchronous
"""

PLAIN = """
import himds
import himds.aio

credential = himds.ManagedIdentityCredential()
token, expires_on = credential.get_token("s")
reveal_type(token)
reveal_type(expires_on)
reveal_type(credential.get_token("s").token)
reveal_type(credential.get_token_info("s").refresh_on)
reveal_type(himds.Client().token("s").token)

class Mine(himds.aio.Client):
    label: str = ""

class MyCredential(himds.aio.ManagedIdentityCredential):
    label: str = ""

async def entered() -> None:
    async with Mine() as mine, MyCredential() as credential:
        reveal_type(mine)
        reveal_type(credential)

class Sub(himds.Client):
    def __init__(self, number: int) -> None:
        super().__init__(timeout=number)

Sub(5).token("s")
"""
REVEALED = ["str", "int", "str", "int | None", "str", "Mine", "MyCredential"]


def checked(code: str, tmp_path: Path, *options: str) -> list[str]:
    file = tmp_path / "code.py"
    file.write_text(code)
    # The package as it lies here: an installed one may be another's, and without site-packages there is none.
    environment = {**os.environ, "MYPYPATH": str(PYTHON), "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "mypy", "--strict", *options, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    lines = done.stdout.splitlines()
    assert [line for line in lines if "error:" in line] == [], done.stdout
    return [line.split('"')[1].replace("code.", "").replace("builtins.", "") for line in lines if "note:" in line]


def test_the_credentials_are_azure_cores(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    pytest.importorskip("azure.core")
    assert checked(AZURE, tmp_path) == []


@pytest.mark.parametrize("options", [(), ("--no-site-packages", "--ignore-missing-imports")])
def test_types_with_azure_core_and_without(tmp_path: Path, options: tuple[str, ...]) -> None:
    pytest.importorskip("mypy")
    assert checked(PLAIN, tmp_path, *options) == REVEALED
