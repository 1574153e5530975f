"""himds.Client: tokens, cache, metadata, other paths, and what it refuses."""

from __future__ import annotations

import copy
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import himds
from emulator import USER_ASSIGNED, Emulator

VAULT = "https://vault.azure.net"


def test_token_has_what_the_service_says(emulator: Emulator) -> None:
    token = emulator.client().token(VAULT)
    assert token.token.count(".") == 2
    assert token.resource == VAULT
    assert token.token_type == "Bearer"
    assert 0 < token.expires_on - time.time() <= 86400
    assert token.refresh_on is not None
    assert time.time() < token.refresh_on < token.expires_on
    assert token.claims()["aud"].startswith(VAULT)


def test_the_environment_of_a_service_is_enough(arc: Emulator) -> None:
    client = himds.Client(token_dir=arc.token_dir)
    assert client.source == "himds"
    assert "IDENTITY_ENDPOINT" in client.source_reason
    assert client.endpoint == arc.himds
    assert client.token(VAULT).token


def test_imds(emulator: Emulator) -> None:
    client = emulator.imds_client()
    assert client.source == "imds"
    assert client.token(VAULT).claims()


def test_cached_token_is_the_same_object(emulator: Emulator) -> None:
    client = emulator.client()
    assert client.peek(VAULT) is None
    first = client.token(VAULT)
    assert client.token(VAULT) is first
    assert client.token(VAULT + "/.default") is first
    assert client.peek(VAULT) is first
    assert len(emulator.requests()) == 2
    client.clear_cache()
    assert client.peek(VAULT) is None
    assert client.token(VAULT) is not first


@pytest.mark.parametrize("wish", [{"force_refresh": True}, {"claims": '{"access_token":{}}'}])
def test_a_wish_skips_the_cache(emulator: Emulator, wish: dict[str, object]) -> None:
    client = emulator.client()
    first = client.token(VAULT)
    assert client.token(VAULT, **wish).token != first.token
    assert "bypass_cache" in str(emulator.requests()[-1])


@pytest.mark.parametrize("selector", ["client_id", "object_id", "resource_id"])
def test_user_assigned(emulator: Emulator, selector: str) -> None:
    for client in (
        emulator.client(**{selector: USER_ASSIGNED[selector]}),
        emulator.imds_client(**{selector: USER_ASSIGNED[selector]}),
    ):
        assert client.token(VAULT).claims()["oid"] == USER_ASSIGNED["object_id"]


def test_get_parses_json_and_leaves_text(emulator: Emulator) -> None:
    client = emulator.client()
    assert client.get("/metadata/identity/info", api_version="2018-02-01")["tenantId"]
    assert client.get_text("/metadata/identity/info", "2018-02-01").startswith("{")
    for leaf in ("westeurope", "0", "[broken", "", "[" * 100_000, "[" * 100_000 + "]" * 100_000):
        emulator.fault(on="metadata", status=200, body=leaf)
        assert client.get("/metadata/instance/compute/location?format=text", "2021-02-01") == leaf


def test_diagnose_is_the_documented_dict(emulator: Emulator) -> None:
    diagnosis = emulator.client().diagnose(VAULT)
    assert diagnosis["ok"] is True
    assert diagnosis["source"] == "himds"
    assert diagnosis["source_reason"]
    for finding in diagnosis["findings"]:
        assert set(finding) == {"name", "status", "detail", "fix", "elapsed_ms"}
        assert finding["status"] in ("ok", "warning", "failed")


def test_close(emulator: Emulator) -> None:
    with emulator.client() as client:
        client.token(VAULT)
    for call in (
        lambda: client.token(VAULT),
        lambda: client.peek(VAULT),
        lambda: client.metadata(),
        lambda: client.get("/metadata/versions"),
        lambda: client.clear_cache(),
        lambda: client.diagnose(),
    ):
        with pytest.raises(himds.ClosedError) as caught:
            call()
        assert caught.value.status == 5
        assert isinstance(caught.value, ValueError)
    client.close()


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 10**400])
def test_an_unusable_wait_is_refused(value: float) -> None:
    for make in (himds.Client, himds.ManagedIdentityCredential):
        with pytest.raises(himds.InvalidArgumentError, match="wait_for_service"):
            make(wait_for_service=value)


def test_an_absent_service_is_waited_for(emulator: Emulator) -> None:
    emulator.stop()
    for wait, once in ((None, True), (0, True), (0.5, False)):
        for call in (
            lambda wait=wait: emulator.client(wait_for_service=wait).token(VAULT),
            lambda wait=wait: emulator.credential(wait_for_service=wait).get_token(VAULT),
        ):
            with pytest.raises(himds.UnavailableError) as caught:
                call()
            assert (caught.value.attempts == 1) is once


def test_pickle_and_copy_carry_the_arguments(emulator: Emulator) -> None:
    client = emulator.client(
        client_id=USER_ASSIGNED["client_id"], timeout=7.5, max_attempts=2, verify_peer=False, wait_for_service=2.5
    )
    assert "verify_peer=False" in repr(client)
    assert "wait_for_service=2.5" in repr(client)
    token = client.token(VAULT)
    data = pickle.dumps(client)
    assert token.token.encode() not in data
    for other in (pickle.loads(data), copy.copy(client), copy.deepcopy(client)):
        assert repr(other) == repr(client)
        assert other.peek(VAULT) is None
        assert other.token(VAULT).claims()["oid"] == USER_ASSIGNED["object_id"]


def test_a_subclass_keeps_its_attributes(emulator: Emulator) -> None:
    client = Named(**emulator.options())
    client.label = "x"
    other = pickle.loads(pickle.dumps(client))
    assert type(other) is Named
    assert other.label == "x"


class Named(himds.Client):
    label: str


@pytest.mark.parametrize("kind", [Path, os.fsencode])
def test_token_dir_takes_a_path(emulator: Emulator, kind: Callable[[str], Any]) -> None:
    client = himds.Client(source="himds", endpoint=emulator.himds, token_dir=kind(emulator.token_dir))
    assert client.token(VAULT)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"connect_timeout": 0.0},
        {"max_attempts": 0},
        {"max_attempts": -3},
        {"max_attempts": 2**40},
        {"max_attempts": 10**30},
        {"max_attempts": -(10**30)},
        {"timeout": 10**400},
        {"connect_timeout": 10**400},
        {"client_id": ""},
        {"client_id": "\udcff"},
        {"endpoint": "\ud800"},
    ],
)
def test_invalid_arguments(options: dict[str, object]) -> None:
    with pytest.raises(himds.InvalidArgumentError) as caught:
        himds.Client(**options)
    assert isinstance(caught.value, ValueError)
    assert (caught.value.kind, caught.value.status) == ("invalid_argument", 1)
    assert caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"source": "vm"},
        {"client_id": "a", "object_id": "b"},
        {"source": "himds", "endpoint": "http://example.com"},
        {"source": "himds", "endpoint": "https://127.0.0.1:40342"},
        {"source": "himds", "endpoint": "http://user:secret@127.0.0.1"},
        {"source": "himds", "endpoint": "file:///etc/passwd"},
        {"source": "himds", "endpoint": "http://127.0.0.1:0"},
        {"source": "himds", "token_dir": "relative"},
    ],
)
def test_configuration_errors(options: dict[str, object]) -> None:
    with pytest.raises(himds.ConfigurationError) as caught:
        himds.Client(**options)
    assert isinstance(caught.value, ValueError)
    assert (caught.value.kind, caught.value.status) == ("configuration", 2)
    assert caught.value.hint


@pytest.mark.parametrize(
    "options", [{"timeout": "soon"}, {"source": 3}, {"max_attempts": 1.5}, {"token_dir": 5}, {"nonsense": 1}]
)
def test_wrong_types_are_type_errors_that_name_the_argument(options: dict[str, object]) -> None:
    with pytest.raises(TypeError) as caught:
        himds.Client(**options)
    # In a note, which Python has from 3.11 on.
    told = [str(caught.value), *getattr(caught.value, "__notes__", ())]
    assert next(iter(options)) in " ".join(told) or sys.version_info < (3, 11)


@pytest.mark.parametrize("resource", ["", "a\0b", "x" * 10_000, "line\nbreak", "\udcff"])
def test_bad_resources(emulator: Emulator, resource: str) -> None:
    client = emulator.client()
    with pytest.raises(himds.InvalidArgumentError):
        client.token(resource)
    assert client.peek(resource) is None
    assert emulator.requests() == []


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan"), 10**400])
def test_bad_timeouts_of_a_call(emulator: Emulator, timeout: float) -> None:
    client = emulator.client()
    for call in (
        lambda: client.token(VAULT, timeout=timeout),
        lambda: client.metadata(timeout=timeout),
        lambda: client.get("/metadata/versions", timeout=timeout),
    ):
        with pytest.raises(himds.InvalidArgumentError):
            call()


def test_keyword_only() -> None:
    with pytest.raises(TypeError):
        himds.Client("himds")


def test_decode_claims(emulator: Emulator) -> None:
    token = emulator.client().token(VAULT)
    assert himds.decode_claims(token.token) == token.claims()
    for text in ("", "no token", "a.b.c", "\udcff"):
        with pytest.raises(himds.Error):
            himds.decode_claims(text)
