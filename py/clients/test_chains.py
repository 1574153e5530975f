"""Chains of azure-identity go on if there is no managed identity, and stop if there is one that fails."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ChainedTokenCredential, CredentialUnavailableError
from azure.identity import ManagedIdentityCredential as Theirs
from azure.identity.aio import ChainedTokenCredential as AsyncChainedTokenCredential

import himds
import himds.aio
from emulator import USER_ASSIGNED, Emulator

SCOPE = "https://management.azure.com/.default"


class Last:
    """The next credential of a chain."""

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return AccessToken("from the next credential", int(time.time()) + 3600)


class AsyncLast:
    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return Last().get_token()

    async def close(self) -> None: ...

    async def __aenter__(self) -> AsyncLast:
        return self

    async def __aexit__(self, *args: Any) -> None: ...


def chain(credential: himds.ManagedIdentityCredential) -> str:
    return ChainedTokenCredential(credential, Last()).get_token(SCOPE).token


def test_an_identity_is_used_if_there_is_one(emulator: Emulator) -> None:
    assert chain(emulator.credential()).count(".") == 2


def test_nobody_listens(emulator: Emulator) -> None:
    emulator.stop()
    assert chain(emulator.credential()) == "from the next credential"


def test_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSI_ENDPOINT", "http://127.0.0.1:1")
    assert chain(himds.ManagedIdentityCredential()) == "from the next credential"


@pytest.mark.parametrize("preset", ["ec2", "google", "openstack", "docker_desktop", "identity_not_found"])
def test_not_azure_or_no_identity(emulator: Emulator, preset: str) -> None:
    emulator.fault(on="any", count=0, preset=preset)
    credential = himds.ManagedIdentityCredential(source="imds", endpoint=emulator.imds)
    assert chain(credential) == "from the next credential"
    with pytest.raises(CredentialUnavailableError):
        credential.get_token(SCOPE)


def test_get_token_info_goes_on_too(emulator: Emulator) -> None:
    emulator.stop()
    assert ChainedTokenCredential(emulator.credential(), Last()).get_token_info(SCOPE).token


STOPS = [
    ({}, {"client_id": "00000000-0000-0000-0000-000000000000"}),
    ({"status": 500, "body": "", "count": 0}, {"max_attempts": 1}),
    ({"status": 429, "body": "", "count": 0}, {"max_attempts": 1}),
    ({"no_challenge": True}, {}),
    ({"key": {"kind": "missing"}}, {}),
    ({"ignore_selectors": True, "count": 0}, {"client_id": USER_ASSIGNED["client_id"]}),
]


@pytest.mark.parametrize(("fault", "options"), STOPS)
def test_what_fails_ends_the_chain(emulator: Emulator, fault: dict[str, Any], options: dict[str, Any]) -> None:
    if fault:
        emulator.fault(**fault)
    with pytest.raises(ClientAuthenticationError, match="failed to retrieve a token") as caught:
        chain(emulator.credential(**options))
    assert not isinstance(caught.value, CredentialUnavailableError)


async def test_asynchronous_chain(emulator: Emulator) -> None:
    emulator.stop()
    credential = himds.aio.ManagedIdentityCredential(**emulator.options())
    async with AsyncChainedTokenCredential(credential, AsyncLast()) as chained:
        assert (await chained.get_token(SCOPE)).token == "from the next credential"


def test_a_chain_is_as_quick_as_the_local_evidence(emulator: Emulator) -> None:
    """If nobody answers at the address of IMDS the probe gives up; here it is refused, which is quicker still."""
    emulator.stop()
    started = time.monotonic()
    chain(himds.ManagedIdentityCredential(source="imds", endpoint=emulator.imds))
    assert time.monotonic() - started < 2.5


def http(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


PAGE = "<!DOCTYPE html><html><body>Welcome</body></html>"
HTML = "Content-Type: text/html"
JSON = "Content-Type: application/json"
NOT_IMDS = {
    "a device's page": http("200 OK", PAGE, HTML),
    "another service's JSON": http("200 OK", '{"status":"up"}', JSON),
    "a portal's redirect": http("302 Found", "", "Location: https://portal.example/login"),
    "a router's login": http("401 Unauthorized", PAGE, HTML, 'WWW-Authenticate: Basic realm="router"'),
    "a policy": http("403 Forbidden", "Forbidden by corporate policy", "Content-Type: text/plain"),
    "nothing under this path": http("404 Not Found", PAGE, HTML),
    "a proxy that reaches nobody": http("502 Bad Gateway", PAGE, HTML, "Server: squid"),
    "a busy proxy": http("503 Service Unavailable", ""),
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a connection that breaks": b"",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "silence": None,
}


class Server(socketserver.ThreadingTCPServer):
    """Gives the same answer to everybody; None is silence until the server ends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: bytes | None = b""
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Server)
        self.request.recv(65536)
        if self.server.answer is None:
            self.server.ended.wait()
        else:
            self.request.sendall(self.server.answer)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Something at the address of IMDS, for both libraries, on a machine of which nothing tells that it is Azure's."""
    for sign in ("/opt/azcmagent/bin/himds", "/lib/systemd/system.conf.d/azcmagent.conf"):
        if Path(sign).exists():
            pytest.skip("skipped: a machine without an Arc agent not found")
    tag = Path("/sys/class/dmi/id/chassis_asset_tag")
    if tag.exists() and tag.read_text().strip() == "7783-7084-3265-9085-8269-3286-77":
        pytest.skip("skipped: a machine that is not an Azure VM not found")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


def guessed(library: str, server: Server) -> Any:
    """A credential that has no evidence of its service: no source is named."""
    return himds.ManagedIdentityCredential(endpoint=server.url) if library == "himds" else Theirs()


# azure-identity's synchronous credential goes on too. Of the others it takes its time.
SYNC = [("himds", name) for name in NOT_IMDS] + [("azure-identity", name) for name in list(NOT_IMDS)[:4]]


@pytest.mark.parametrize(("library", "answer"), SYNC)
def test_something_that_is_not_imds_moves_a_chain_on(server: Server, library: str, answer: str) -> None:
    server.answer = NOT_IMDS[answer]
    started = time.monotonic()
    assert chain(guessed(library, server)) == "from the next credential"
    # 2.5 s where nothing else runs; the deadline is 30.
    assert library != "himds" or time.monotonic() - started < 5


@pytest.mark.parametrize("answer", NOT_IMDS)
async def test_something_that_is_not_imds_moves_an_asynchronous_chain_on(server: Server, answer: str) -> None:
    server.answer = NOT_IMDS[answer]
    started = time.monotonic()
    credential = himds.aio.ManagedIdentityCredential(endpoint=server.url)
    async with AsyncChainedTokenCredential(credential, AsyncLast()) as chained:
        assert (await chained.get_token(SCOPE)).token == "from the next credential"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("answer", NOT_IMDS)
def test_what_is_said_of_it(server: Server, answer: str) -> None:
    server.answer = NOT_IMDS[answer]
    with pytest.raises(himds.UnavailableError) as caught:
        guessed("himds", server).get_token(SCOPE)
    assert caught.value.kind in ("unavailable", "not_azure")
    assert "updat" not in str(caught.value)


@pytest.mark.parametrize("name", ["a device's page", "a proxy that reaches nobody", "a connection that breaks"])
def test_a_named_source_is_a_certainty(server: Server, name: str) -> None:
    server.answer = NOT_IMDS[name]
    credential = himds.ManagedIdentityCredential(source="imds", endpoint=server.url, max_attempts=1)
    with pytest.raises(ClientAuthenticationError, match="failed to retrieve a token"):
        chain(credential)


def test_what_looks_like_imds_is_a_certainty(server: Server) -> None:
    server.answer = http("500 Internal Server Error", PAGE, HTML, "Server: IMDS/150.870.65.1853")
    with pytest.raises(ClientAuthenticationError, match="failed to retrieve a token"):
        chain(himds.ManagedIdentityCredential(endpoint=server.url, max_attempts=1))


def test_a_pods_workload_identity_is_not_passed_over(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The node's token, which IMDS would give, is another identity's."""
    variables = {
        "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token"),
        "AZURE_CLIENT_ID": USER_ASSIGNED["client_id"],
        "AZURE_TENANT_ID": "72f988bf-0000-0000-0000-000000000000",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    credential = himds.ManagedIdentityCredential(endpoint=emulator.imds)
    assert chain(credential) == "from the next credential"
    with pytest.raises(CredentialUnavailableError, match="workload identity") as caught:
        credential.get_token(SCOPE)
    assert "source" in (caught.value.hint or "")
    assert emulator.requests() == []
    named = himds.ManagedIdentityCredential(source="imds", endpoint=emulator.imds)
    assert chain(named).count(".") == 2
