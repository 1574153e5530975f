"""Chains of azure-identity go on if there is no managed identity, and stop if there is one that fails."""

from __future__ import annotations

import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ChainedTokenCredential, CredentialUnavailableError
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


def test_where_there_is_an_identity_it_is_used(emulator: Emulator) -> None:
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
