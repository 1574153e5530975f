"""himds.ManagedIdentityCredential, which stands in for azure.identity's."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import sys
import time
from typing import Any

import pytest

import himds
import himds.aio
from emulator import USER_ASSIGNED, Emulator

SCOPE = "https://vault.azure.net/.default"


def test_get_token_gives_the_pair(emulator: Emulator) -> None:
    pair = emulator.credential().get_token(SCOPE)
    token, expires_on = pair
    assert isinstance(pair, tuple)
    assert isinstance(pair, himds.TokenPair)
    assert (pair.token, pair.expires_on) == (token, expires_on)
    assert token.count(".") == 2
    assert expires_on > time.time()


def test_get_token_info_says_more(emulator: Emulator) -> None:
    info = emulator.credential().get_token_info(SCOPE, options={"tenant_id": "t", "enable_cae": True})
    assert info.token_type == "Bearer"
    assert info.refresh_on < info.expires_on


def test_every_argument_of_azure_core(emulator: Emulator) -> None:
    credential = emulator.credential()
    first = credential.get_token(SCOPE, claims=None, tenant_id="t", enable_cae=True, anything=1)
    assert credential.get_token(SCOPE) is first
    assert credential.get_token(SCOPE, claims="{}") is not first
    info = credential.get_token_info(SCOPE)
    assert credential.get_token_info(SCOPE, options={}) is info
    assert credential.get_token_info(SCOPE, options={"claims": "{}"}) is not info


def test_scopes_are_told_apart_by_their_text(emulator: Emulator) -> None:
    credential = emulator.credential()
    names = ["https://vault.azure.net", "https://storage.azure.com", "https://management.azure.com"]
    first = {name: credential.get_token_info(name) for name in names}
    for name in names * 3:
        for text in (name, "".join(list(name)), name + "/.default"):
            token = credential.get_token_info(text)
            assert token is first[name]
            assert token.resource == name
            assert token.claims()["aud"] == name


@pytest.mark.parametrize("scopes", [(), (SCOPE, SCOPE), ("a", "b", "c")])
def test_exactly_one_scope_as_azure_identity_has_it(emulator: Emulator, scopes: tuple[str, ...]) -> None:
    credential = emulator.credential()
    for call in (credential.get_token, credential.get_token_info):
        with pytest.raises(ValueError, match="exactly one scope"):
            call(*scopes)


def test_a_scope_that_is_not_text(emulator: Emulator) -> None:
    credential = emulator.credential()
    for call in (credential.get_token, credential.get_token_info):
        with pytest.raises(TypeError, match="a scope must be str, not int"):
            call(3)
    with pytest.raises(TypeError, match="claims must be str, not bytes"):
        credential.get_token(SCOPE, claims=b"{}")
    with pytest.raises(TypeError, match="claims must be str, not bytes"):
        credential.get_token_info(SCOPE, options={"claims": b"{}"})


@pytest.mark.parametrize(
    "options",
    [
        *({name: value} for name, value in USER_ASSIGNED.items()),
        *({"identity_config": {name: value}} for name, value in USER_ASSIGNED.items()),
        # IMDS's own names for the parameter.
        {"identity_config": {"msi_res_id": USER_ASSIGNED["resource_id"]}},
        {"identity_config": {"mi_res_id": USER_ASSIGNED["resource_id"], "client_id": None}},
    ],
)
def test_user_assigned(emulator: Emulator, options: dict[str, Any]) -> None:
    credential = emulator.credential(**options)
    assert credential.get_token_info(SCOPE).claims()["oid"] == USER_ASSIGNED["object_id"]
    again = pickle.loads(pickle.dumps(credential))
    assert again.get_token_info(SCOPE).claims()["oid"] == USER_ASSIGNED["object_id"]
    asynchronous = himds.aio.ManagedIdentityCredential(**emulator.options(**options))
    assert asyncio.run(asynchronous.get_token_info(SCOPE)).claims()["oid"] == USER_ASSIGNED["object_id"]


@pytest.mark.parametrize(
    "options",
    [
        *({name: "x"} for name in ("clientid", "clientId", "managed_identity_client_id", "msi_res_id", "objectId")),
        *({"identity_config": {name: "x"}} for name in ("clientId", "principal_id", "unknown", 5)),
    ],
)
@pytest.mark.parametrize("cls", [himds.ManagedIdentityCredential, himds.aio.ManagedIdentityCredential])
def test_an_identity_that_is_not_understood_is_an_error(cls: type, options: dict[str, Any]) -> None:
    with pytest.raises(himds.ConfigurationError, match=r"not known.*\n.*client_id, object_id or resource_id"):
        cls(**options)


@pytest.mark.parametrize("config", [[], "client_id", 5, {"object_id": 5}])
def test_an_identity_config_of_a_wrong_type(config: Any) -> None:
    with pytest.raises(TypeError, match=r"identity_config"):
        himds.ManagedIdentityCredential(identity_config=config)


@pytest.mark.parametrize(
    "options",
    [
        {"client_id": "a", "identity_config": {"object_id": "b"}},
        {"client_id": "a", "identity_config": {"client_id": "b"}},
        {"identity_config": {"object_id": "b", "resource_id": "c"}},
        {"identity_config": {"resource_id": "b", "msi_res_id": "c"}},
        {"object_id": "a", "resource_id": "b"},
        {"object_id": "a", "identity_config": {"object_id": "a"}},
        {"client_id": ""},
        {"identity_config": {"object_id": ""}},
        {"timeout": 0},
        {"source": "vm"},
        {"endpoint": "http://example.com"},
        {"source": "himds", "endpoint": "http://169.254.169.254"},
        {"source": "himds", "token_dir": "relative"},
    ],
)
def test_what_is_wrong_with_the_arguments_is_a_value_error_at_once(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the environment says.
    monkeypatch.setenv("MSI_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises((himds.ConfigurationError, himds.InvalidArgumentError)) as caught:
        himds.ManagedIdentityCredential(**options)
    assert isinstance(caught.value, ValueError)


def test_foreign_keywords_are_ignored(emulator: Emulator) -> None:
    credential = emulator.credential(
        transport=object(),
        logging_enable=True,
        retry_total=3,
        authority="https://a",
        # What DefaultAzureCredential gives to azure-identity's, and what is not given.
        _exclude_workload_identity_credential=True,
        managed_identity_client_id=None,
        identity_config={"unknown": None},
    )
    assert credential.get_token(SCOPE)


def test_the_constructor_never_fails_for_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://example.com/x")
    monkeypatch.setenv("IMDS_ENDPOINT", "http://example.com")
    credential = himds.ManagedIdentityCredential(token_dir=emulator.token_dir)
    with pytest.raises(himds.ConfigurationError):
        credential.get_token(SCOPE)
    # It looks again: the program may have set its environment right meanwhile.
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    assert credential.get_token(SCOPE)


def test_another_host_is_unavailable_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    with pytest.raises(himds.UnavailableError, match="App Service"):
        himds.ManagedIdentityCredential().get_token(SCOPE)


def test_a_closed_credential_may_be_used_again(emulator: Emulator) -> None:
    with emulator.credential() as credential:
        pair = credential.get_token(SCOPE)
    assert credential.get_token(SCOPE) is pair
    credential.close()
    credential.close()
    assert credential.get_token_info("https://vault.azure.net").token
    assert len(emulator.requests()) == 2


def test_it_is_what_azure_core_calls_a_credential(emulator: Emulator) -> None:
    credentials = pytest.importorskip("azure.core.credentials")
    credential = emulator.credential()
    assert isinstance(credential, credentials.TokenCredential)
    assert isinstance(credential, credentials.SupportsTokenInfo)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="skipped: inspect of 3.9 reads no signature of such a class")
def test_the_signature_is_azure_identitys() -> None:
    identity = pytest.importorskip("azure.identity")
    theirs = inspect.signature(identity.ManagedIdentityCredential.__init__).parameters
    ours = inspect.signature(himds.ManagedIdentityCredential).parameters
    for name, parameter in theirs.items():
        if name not in ("self", "kwargs"):
            assert ours[name].default == parameter.default
            assert ours[name].kind == parameter.kind
    for method in ("get_token", "get_token_info"):
        theirs = inspect.signature(getattr(identity.ManagedIdentityCredential, method)).parameters
        ours = inspect.signature(getattr(himds.ManagedIdentityCredential, method)).parameters
        assert set(theirs) <= set(ours)
