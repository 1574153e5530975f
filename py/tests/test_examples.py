"""The examples run on a machine as the reader's, and the README's snippet is one of them."""

from __future__ import annotations

import importlib
import shlex
import struct
import subprocess
import sys
from typing import Any

import pytest

import himds
import machine
from emulator import ROOT, Emulator
from machine import AGENT, AS_APP, TOKENS, agent

EXAMPLES = ROOT / "examples/python"


def on_machine(name: str, prefix: str = "") -> subprocess.CompletedProcess[str]:
    return machine.run(AGENT + TOKENS + agent(f"{prefix} {shlex.quote(sys.executable)} {EXAMPLES / name}"))


@pytest.mark.isolated
def test_get_token() -> None:
    done = on_machine("get_token.py")
    assert done.stdout.startswith("Bearer token for https://vault.azure.net, "), done.stderr
    assert "himds gave it" in done.stdout


@pytest.mark.isolated
def test_metadata() -> None:
    done = on_machine("metadata.py")
    assert done.returncode == 0, done.stderr
    assert " = " in done.stdout


@pytest.mark.isolated
def test_errors() -> None:
    assert on_machine("errors.py").stdout == "a token for https://vault.azure.net\n"
    done = on_machine("errors.py", AS_APP)
    assert done.returncode == 1
    assert "\nmay not read /var/opt/azcmagent/tokens" in done.stderr
    done = machine.run(f"{shlex.quote(sys.executable)} {EXAMPLES / 'errors.py'}")
    assert done.stderr.startswith("no managed identity here: ")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def machine_client(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> himds.Client:
    """What himds.Client() makes, on a machine whose agent is the emulator."""
    client = emulator.client()
    monkeypatch.setattr(himds, "Client", lambda: client)
    return client


def test_sql_server_gets_the_bytes_that_its_driver_wants(example: Any, machine_client: himds.Client) -> None:
    sql_server = example("sql_server")
    assert sql_server.access_token_struct("ab") == b"\x04\x00\x00\x00a\x00b\x00"
    attributes = sql_server.connection_attributes()
    token = machine_client.token("https://database.windows.net").token
    (length,) = struct.unpack_from("<I", attributes[1256])
    assert length == 2 * len(token)
    assert attributes[1256][4:].decode("utf-16-le") == token


def test_postgres_gets_the_token_as_password(example: Any, machine_client: himds.Client, monkeypatch: Any) -> None:
    postgres = example("postgres")
    monkeypatch.setattr(postgres, "client", machine_client)
    arguments = postgres.connection_arguments("db.example", "machine")
    assert arguments["password"] == machine_client.token("https://ossrdbms-aad.database.windows.net").token
    assert arguments["sslmode"] == "verify-full"


def test_requests(example: Any, machine_client: himds.Client) -> None:
    requests = pytest.importorskip("requests")
    auth = example("resource_manager").ManagedIdentityAuth("https://management.azure.com")
    prepared = auth(requests.Request("GET", "https://management.azure.com/").prepare())
    token = machine_client.token("https://management.azure.com").token
    assert prepared.headers["Authorization"] == f"Bearer {token}"


def test_httpx_answers_a_401_with_a_new_token(example: Any, emulator: Emulator, machine_client: himds.Client) -> None:
    httpx = pytest.importorskip("httpx")
    auth = example("httpx_auth").ManagedIdentityAuth("https://vault.azure.net")
    seen: list[str] = []

    def service(request: Any) -> Any:
        seen.append(request.headers["Authorization"])
        return httpx.Response(401 if len(seen) == 1 else 200)

    with httpx.Client(transport=httpx.MockTransport(service), auth=auth) as client:
        assert client.get("https://v.vault.azure.net/").status_code == 200
    assert len(set(seen)) == 2
    assert all(header.startswith("Bearer ey") for header in seen)


async def test_httpx_asynchronously(example: Any, emulator: Emulator, machine_client: himds.Client) -> None:
    httpx = pytest.importorskip("httpx")
    httpx_auth = example("httpx_auth")
    auth = httpx_auth.ManagedIdentityAuth("https://vault.azure.net")
    auth.async_client = himds.aio.Client(**emulator.options())
    statuses = iter([401, 200])
    transport = httpx.MockTransport(lambda request: httpx.Response(next(statuses)))
    async with httpx.AsyncClient(transport=transport, auth=auth) as client:
        assert (await client.get("https://v.vault.azure.net/")).status_code == 200


def test_the_readmes_snippet_is_the_example() -> None:
    text = (ROOT / "py/README.md").read_text()
    snippets = [part.split("```", 1)[0].strip() for part in text.split("```python\n")[1:]]
    code = (EXAMPLES / "get_token.py").read_text().split("# snippet: token\n")[1].split("# end of snippet")[0].strip()
    assert code in snippets


def test_every_example_compiles_and_is_told_of() -> None:
    recipes = (ROOT / "docs/python-recipes.md").read_text() + (ROOT / "docs/python.md").read_text()
    for file in EXAMPLES.glob("*.py"):
        compile(file.read_text(), file.name, "exec")
        assert file.name in recipes, file.name
