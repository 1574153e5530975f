"""Classes of one's own over the clients and credentials: with an ``__init__``, copied, pickled."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

import himds
import himds.aio
from emulator import USER_ASSIGNED, Emulator

VAULT = "https://vault.azure.net"


class OfOurs:
    """What each of the four classes below does: its constructor takes other arguments and keeps one."""

    def __init__(self, emulator: Emulator, *, client_id: str) -> None:
        super().__init__(**emulator.options(client_id=client_id))  # type: ignore[call-arg]
        self.label = client_id[:3]


class Client(OfOurs, himds.Client): ...


class Credential(OfOurs, himds.ManagedIdentityCredential): ...


class AsyncClient(OfOurs, himds.aio.Client): ...


class AsyncCredential(OfOurs, himds.aio.ManagedIdentityCredential): ...


every_class = pytest.mark.parametrize("cls", [Client, Credential, AsyncClient, AsyncCredential])


def oid(client: Any) -> str:
    token = client.token(VAULT) if hasattr(client, "token") else client.get_token_info(VAULT)
    claims = (token if isinstance(token, himds.AccessToken) else asyncio.run(token)).claims()
    found: str = claims["oid"]
    return found


@every_class
def test_an_init_of_its_own(emulator: Emulator, cls: Any) -> None:
    client = cls(emulator, client_id=USER_ASSIGNED["client_id"])
    assert oid(client) == USER_ASSIGNED["object_id"]
    for other in (pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)):
        assert type(other) is cls
        assert other.label == client.label
        assert oid(other) == USER_ASSIGNED["object_id"]


class Forgetful:
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize("base", [himds.Client, himds.ManagedIdentityCredential])
def test_who_forgets_to_call_init_is_told(base: Any) -> None:
    client = type("Mine", (Forgetful, base), {})()
    for call in (client.close, client.__reduce__, lambda: repr(client), lambda: client.get_token(VAULT)):
        with pytest.raises((RuntimeError, AttributeError), match=r"__init__ was not called|get_token"):
            call()


@pytest.mark.parametrize("cls", [himds.Client, himds.ManagedIdentityCredential])
def test_a_client_does_not_change(cls: Any) -> None:
    client = cls(source="himds")
    with pytest.raises(RuntimeError, match="__init__ was called before"):
        client.__init__(source="imds")


@pytest.mark.parametrize("cls", [himds.Client, himds.ManagedIdentityCredential])
def test_arguments_are_still_checked(cls: Any) -> None:
    with pytest.raises(TypeError):
        cls("himds")
    with pytest.raises(TypeError):
        cls(timeout="soon")
