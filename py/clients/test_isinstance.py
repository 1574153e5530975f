"""Libraries that sort credentials and tokens by ``isinstance``: they must take ours for azure-core's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo, SupportsTokenInfo, TokenCredential
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential
from azure.core.pipeline import AsyncPipeline, Pipeline
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, BearerTokenCredentialPolicy
from azure.core.pipeline.transport import AsyncHttpTransport, HttpRequest, HttpTransport
from azure.identity import ChainedTokenCredential, get_bearer_token_provider
from azure.identity.aio import ChainedTokenCredential as AsyncChainedTokenCredential
from azure.identity.aio import get_bearer_token_provider as get_async_bearer_token_provider
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, AsyncARMChallengeAuthenticationPolicy

import himds
import himds.aio
from emulator import ROOT, Emulator

SCOPE = "https://management.azure.com/.default"
HERE = Path(__file__).parent


@pytest.mark.parametrize("version", ["newest", "1.9.10"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_graph_sdk(emulator: Emulator, kind: str, version: str) -> None:
    """It sends a request without Authorization, and says nothing, if the token is not an AccessToken."""
    path = ROOT / f".cache/kiota-{version}"
    if version != "newest" and not path.exists():
        pytest.skip(f"skipped: microsoft-kiota-authentication-azure {version} not found (py/tools/kiota.sh)")
    environment = {**os.environ, "PYTHONPATH": "" if version == "newest" else str(path)}
    # 1.9.10 closes an asynchronous credential after each request.
    command = [sys.executable, str(HERE / "graph_sdk.py"), kind, "2", json.dumps(emulator.options())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    headers = done.stdout.splitlines()
    assert len(headers) == 2
    assert len(set(headers)) == 1
    scheme, token = headers[0].split()
    assert scheme == "Bearer"
    assert himds.decode_claims(token)["aud"] == "https://graph.microsoft.com"
    assert len(emulator.requests()) == 2


class _Transport(HttpTransport[Any, Any]):
    """Answers nothing, but keeps the header."""

    def send(self, request: HttpRequest, **kwargs: Any) -> Any:
        self.header = request.headers["Authorization"]
        return _Answer()

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: Any) -> None: ...


class _AsyncTransport(AsyncHttpTransport[Any, Any]):
    async def send(self, request: HttpRequest, **kwargs: Any) -> Any:
        self.header = request.headers["Authorization"]
        return _Answer()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *args: Any) -> None: ...


class _Answer:
    status_code = 200
    headers: dict[str, str] = {}  # noqa: RUF012


@pytest.mark.parametrize("policy", [BearerTokenCredentialPolicy, ARMChallengeAuthenticationPolicy])
def test_the_policies_of_azure_core(emulator: Emulator, policy: Any) -> None:
    credential = emulator.credential()
    assert isinstance(credential, TokenCredential)
    assert isinstance(credential, SupportsTokenInfo)
    authentication, transport = policy(credential, SCOPE), _Transport()
    with Pipeline(transport, [authentication]) as pipeline:
        pipeline.run(HttpRequest("GET", "https://management.azure.com/"))
    assert isinstance(authentication._token, AccessTokenInfo)
    assert transport.header == f"Bearer {credential.get_token(SCOPE).token}"


@pytest.mark.parametrize("policy", [AsyncBearerTokenCredentialPolicy, AsyncARMChallengeAuthenticationPolicy])
async def test_the_asynchronous_policies_of_azure_core(emulator: Emulator, policy: Any) -> None:
    credential = himds.aio.ManagedIdentityCredential(**emulator.options())
    assert isinstance(credential, AsyncTokenCredential)
    assert isinstance(credential, AsyncSupportsTokenInfo)
    authentication, transport = policy(credential, SCOPE), _AsyncTransport()
    async with AsyncPipeline(transport, [authentication]) as pipeline:
        await pipeline.run(HttpRequest("GET", "https://management.azure.com/"))
    assert isinstance(authentication._token, AccessTokenInfo)
    assert transport.header == f"Bearer {(await credential.get_token(SCOPE)).token}"


def test_what_azure_identity_hands_on(emulator: Emulator) -> None:
    credential = emulator.credential()
    chained = ChainedTokenCredential(credential)
    assert isinstance(chained.get_token(SCOPE), AccessToken)
    assert isinstance(chained.get_token_info(SCOPE), AccessTokenInfo)
    assert get_bearer_token_provider(credential, SCOPE)() == credential.get_token(SCOPE).token


async def test_what_azure_identity_hands_on_asynchronously(emulator: Emulator) -> None:
    credential = himds.aio.ManagedIdentityCredential(**emulator.options())
    chained = AsyncChainedTokenCredential(credential)
    assert isinstance(await chained.get_token(SCOPE), AccessToken)
    assert isinstance(await chained.get_token_info(SCOPE), AccessTokenInfo)
    assert await get_async_bearer_token_provider(credential, SCOPE)() == (await credential.get_token(SCOPE)).token
