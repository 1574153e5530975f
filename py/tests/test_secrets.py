"""No repr, text, pickle or error shows a token or a key."""

from __future__ import annotations

import copy
import pickle
import traceback
from contextlib import suppress

import pytest

import himds
import himds.aio
from emulator import Emulator

VAULT = "https://vault.azure.net"


def test_token_and_pair_are_redacted(emulator: Emulator) -> None:
    credential = emulator.credential()
    token, pair = credential.get_token_info(VAULT), credential.get_token(VAULT)
    assert token.token == pair.token
    for shown in (token, pair):
        for text in (repr(shown), str(shown), f"{shown}", f"{shown!r}"):
            assert token.token not in text
            assert "[redacted]" in text
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(shown, protocol)
        assert copy.copy(shown) is shown
        assert copy.deepcopy(shown) is shown


async def test_clients_show_only_their_arguments(emulator: Emulator) -> None:
    key = "a-key-that-no-one-may-see"
    emulator.fault(on="challenge", key={"content": key}, count=0)
    client, credential = emulator.client(), emulator.credential()
    aio_client = himds.aio.Client(**emulator.options())
    aio_credential = himds.aio.ManagedIdentityCredential(**emulator.options())
    tokens = [client.token(VAULT).token, credential.get_token(VAULT).token]
    tokens += [(await aio_client.token(VAULT)).token, (await aio_credential.get_token(VAULT)).token]
    secrets = {key, *tokens, *emulator.secrets()}
    assert len(secrets) >= 2
    for shown in (client, credential, aio_client, aio_credential):
        for text in (repr(shown), str(shown), repr(getattr(shown, "__dict__", ""))):
            assert [secret for secret in secrets if secret in text] == []
        assert emulator.himds in repr(shown)


FAULTS = [
    {"status": 500, "body": '{"error":"x","error_description":"leaked {token}"}'},
    {"status": 400, "body": "{token}"},
    {"status": 200, "body": '{"access_token":"{token}","expires_in":"x"'},
    {"on": "key", "refuse_key": True},
    {"on": "key", "status": 403, "body": "{token}"},
    {"on": "key", "body": '["{token}"]', "status": 200},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_errors_show_no_secret(emulator: Emulator, fault: dict[str, object]) -> None:
    client = emulator.client(max_attempts=1)
    with suppress(himds.Error):
        client.token(VAULT)
    client.clear_cache()
    emulator.fault(count=0, **fault)
    with pytest.raises(himds.Error) as caught:
        client.token(VAULT)
    error = caught.value
    shown = "\n".join(traceback.format_exception(type(error), error, error.__traceback__))
    shown += repr(error) + str(error) + repr(error.__dict__) + repr(error.args) + pickle.dumps(error).decode("latin-1")
    secrets = emulator.secrets()
    assert secrets
    assert [secret for secret in secrets if secret in shown] == []
