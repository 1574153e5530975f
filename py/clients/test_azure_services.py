"""azure-keyvault-secrets and azure-mgmt-resource with our credential.

They talk to the emulator's services, which verify the token's signature, issuer, audience and life. The services'
names lead to this machine here, so that the clients check certificate and challenge as they always do.
"""

from __future__ import annotations

import inspect
import socket
import subprocess
import sys
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets.aio import SecretClient as AsyncSecretClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResourceManagementClient

import himds
import himds.aio
from emulator import CONFIG, ROOT, USER_ASSIGNED, Emulator, EmulatorFactory

VAULT = "https://arc-demo-vault.vault.azure.net"
SECRET = "psql -h localhost -U arcdemo -d demo"


@pytest.fixture
def azure(start_emulator: EmulatorFactory, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator with ARM and Key Vault, trusted, and found by the services' names."""
    emulator = start_emulator(CONFIG, "--azure")
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, emulator.addresses["ca_file"])
    monkeypatch.setattr(socket, "getaddrinfo", names_here(emulator.addresses))
    return emulator


def names_here(addresses: dict[str, str]) -> Any:
    """socket.getaddrinfo, but that Azure's names lead to the emulator's ports."""
    import socket
    from urllib.parse import urlsplit

    resolve = socket.getaddrinfo
    ports = {"arc-demo-vault.vault.azure.net": "vault", "management.azure.com": "arm"}

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in ports:
            host, port = "127.0.0.1", urlsplit(addresses[ports[name]]).port
        return resolve(host, port, *arguments, **options)

    return getaddrinfo


def run_example(azure: Emulator, name: str, *arguments: str) -> str:
    """What an example prints, in an interpreter whose token directory and Azure names are the emulator's."""
    code = f"""
import functools, runpy, socket, sys
from typing import Any
import himds, himds.aio
{inspect.getsource(names_here)}
socket.getaddrinfo = names_here({azure.addresses!r})
for module in (himds, himds.aio):
    for name in ("Client", "ManagedIdentityCredential"):
        setattr(module, name, functools.partial(getattr(module, name), token_dir={azure.token_dir!r}))
sys.argv = {[name, *arguments]!r}
runpy.run_path({str(ROOT / "examples/python" / name)!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_key_vault(azure: Emulator) -> None:
    with SecretClient(VAULT, azure.credential()) as client:
        assert client.get_secret("psql-cmd").value == SECRET
        assert [secret.name for secret in client.list_properties_of_secrets()] == ["psql-cmd", "psql-pgpass"]
        with pytest.raises(ResourceNotFoundError):
            client.get_secret("nothing")
    assert len(azure.requests()) == 2


async def test_key_vault_asynchronously(azure: Emulator) -> None:
    credential = himds.aio.ManagedIdentityCredential(**azure.options())
    async with AsyncSecretClient(VAULT, credential, connection_verify=azure.addresses["ca_file"]) as client:
        assert (await client.get_secret("psql-cmd")).value == SECRET
    assert len(azure.requests()) == 2


def test_the_key_vault_examples(azure: Emulator) -> None:
    assert run_example(azure, "key_vault.py", VAULT, "psql-cmd") == f"{SECRET}\n"
    assert run_example(azure, "key_vault_async.py", VAULT, "psql-cmd", "psql-cmd") == f"{[SECRET, SECRET]}\n"


def test_a_token_for_another_resource_is_refused(azure: Emulator) -> None:
    """The services check the token: without this, the other tests would prove nothing."""

    class Wrong:
        def get_token(self, *scopes: str, **options: Any) -> Any:
            return azure.credential().get_token("https://management.azure.com")

    with SecretClient(VAULT, Wrong(), retry_total=0) as client, pytest.raises(HttpResponseError) as caught:
        client.get_secret("psql-cmd")
    assert caught.value.status_code == 401


def test_our_error_reaches_the_caller(azure: Emulator) -> None:
    azure.fault(key={"kind": "missing"}, count=0)
    with SecretClient(VAULT, azure.credential()) as client, pytest.raises(ClientAuthenticationError) as caught:
        client.get_secret("psql-cmd")
    assert isinstance(caught.value, himds.KeyFileUnreadableError)


@pytest.mark.parametrize("options", [{}, {"client_id": USER_ASSIGNED["client_id"]}])
def test_resource_manager(azure: Emulator, options: dict[str, Any]) -> None:
    metadata = azure.client().metadata()
    with ResourceManagementClient(azure.credential(**options), metadata.subscription_id) as client:
        group = client.resource_groups.get(metadata.resource_group)
        assert group.name == metadata.resource_group
        ids = [resource.id.lower() for resource in client.resources.list_by_resource_group(group.name)]
        assert metadata.resource_id.lower() in ids
        vaults = client.resources.list(filter="resourceType eq 'Microsoft.KeyVault/vaults'")
        assert "arc-demo-vault" in [vault.name for vault in vaults]
        assert client.tags.list()
        with pytest.raises(ResourceNotFoundError):
            client.resource_groups.get("nothing")


async def test_resource_manager_asynchronously(azure: Emulator) -> None:
    credential = himds.aio.ManagedIdentityCredential(**azure.options())
    metadata = azure.client().metadata()
    async with AsyncResourceManagementClient(
        credential, metadata.subscription_id, connection_verify=azure.addresses["ca_file"]
    ) as client:
        assert (await client.resource_groups.get(metadata.resource_group)).location == metadata.location


def test_the_requests_example(azure: Emulator) -> None:
    assert "/providers/Microsoft.HybridCompute/machines/" in run_example(azure, "resource_manager.py")
