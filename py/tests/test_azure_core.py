"""What the credentials return is azure-core's own, if the program has imported azure-core."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import types
from typing import Any

import pytest

import himds
from emulator import USER_ASSIGNED, Emulator
from himds.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential

credentials = pytest.importorskip("azure.core.credentials")

VAULT = "https://vault.azure.net"


async def taken(emulator: Emulator, kind: str) -> tuple[Any, Any]:
    """What both methods of a credential return, twice: the second comes from the cache."""
    if kind == "sync":
        credential = emulator.credential()
        results = [(credential.get_token(VAULT), credential.get_token_info(VAULT)) for _ in range(2)]
    else:
        asynchronous = AsyncManagedIdentityCredential(**emulator.options())
        results = [(await asynchronous.get_token(VAULT), await asynchronous.get_token_info(VAULT)) for _ in range(2)]
    assert results[0][0] is results[1][0]
    assert results[0][1] is results[1][1]
    return results[0]


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
async def test_the_pair_is_an_access_token(emulator: Emulator, kind: str) -> None:
    pair, info = await taken(emulator, kind)
    assert isinstance(pair, credentials.AccessToken)
    assert isinstance(pair, himds.TokenPair)
    token, expires_on = pair
    assert (token, expires_on) == pair == (pair.token, pair.expires_on) == (info.token, info.expires_on)
    assert pair == credentials.AccessToken(token, expires_on)
    assert pair._asdict() == {"token": token, "expires_on": expires_on}
    later = pair._replace(expires_on=5)
    assert type(later) is type(pair)
    assert later == (token, 5)
    with pytest.raises((TypeError, ValueError)):
        pair._replace(nothing=5)
    assert token not in repr(later)
    assert pair._fields == credentials.AccessToken._fields
    assert pair._field_defaults == credentials.AccessToken._field_defaults
    assert repr(pair.__replace__(expires_on=5)) == repr(later)


@both
async def test_the_info_is_an_access_token_info(emulator: Emulator, kind: str) -> None:
    _, info = await taken(emulator, kind)
    assert isinstance(info, credentials.AccessTokenInfo)
    assert isinstance(info, himds.AccessToken)
    assert info.token_type == "Bearer"
    assert info.resource == VAULT
    assert info.claims()["aud"] == VAULT
    assert info.refresh_on is None or info.refresh_on < info.expires_on
    assert vars(info) == {}
    with pytest.raises(AttributeError):
        info.token = "another"


@both
async def test_they_are_as_secret_as_ever(emulator: Emulator, kind: str) -> None:
    for result in await taken(emulator, kind):
        for shown in (repr(result), str(result), f"{result}", f"{result!r:>5}", "%s" % (result,)):  # noqa: UP031
            assert result.token not in shown
            assert "[redacted]" in shown
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="secret"):
                pickle.dumps(result, protocol)
        assert copy.copy(result) is copy.deepcopy(result) is result


def test_a_client_keeps_its_own_class(emulator: Emulator) -> None:
    assert type(emulator.client().token(VAULT)) is himds.AccessToken


PLAIN_FIRST = """
import json, sys, himds
credential = himds.ManagedIdentityCredential(**json.loads(sys.argv[1]))
scope = "https://vault.azure.net/.default"
pair, info = credential.get_token(scope), credential.get_token_info(scope)
assert type(pair) is himds.TokenPair and type(info) is himds.AccessToken
assert pair._asdict() == {"token": info.token, "expires_on": info.expires_on}
assert type(pair._replace(expires_on=5)) is himds.TokenPair
assert type(pair.__replace__(expires_on=5)) is himds.TokenPair and pair._field_defaults == {}
assert not [name for name in sys.modules if name.split(".")[0] == "azure"]
from azure.core.credentials import AccessToken, AccessTokenInfo
later, later_info = credential.get_token(scope), credential.get_token_info(scope)
assert isinstance(later, AccessToken) and isinstance(later_info, AccessTokenInfo)
assert later == pair and later_info.token is info.token
assert credential.get_token(scope) is later and credential.get_token_info(scope) is later_info
"""


def test_azure_core_may_come_after_the_first_token(emulator: Emulator) -> None:
    command = [sys.executable, "-c", PLAIN_FIRST, json.dumps(emulator.options())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(emulator.requests()) == 2


@pytest.mark.parametrize("members", [{}, {"AccessToken": None, "AccessTokenInfo": 5}, {"AccessToken": int}])
def test_a_module_that_is_not_ready_does_not_matter(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, members: dict[str, Any]
) -> None:
    """Another thread may be importing it, and an old azure-core has no AccessTokenInfo."""
    half = types.ModuleType("azure.core.credentials")
    vars(half).update(members)
    monkeypatch.setitem(sys.modules, "azure.core.credentials", half)
    credential = emulator.credential(client_id=USER_ASSIGNED["client_id"])
    assert type(credential.get_token(VAULT)) is himds.TokenPair
    assert type(credential.get_token_info(VAULT)) is himds.AccessToken
    monkeypatch.undo()
    assert isinstance(credential.get_token(VAULT), credentials.AccessToken)
    assert isinstance(credential.get_token_info(VAULT), credentials.AccessTokenInfo)
