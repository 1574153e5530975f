"""azure-storage-blob writes to and reads from Azurite with our credential."""

from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import BlobServiceClient
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient
from blob_upload import upload

import himds
import himds.aio
from emulator import Emulator


def test_upload_and_read_back(emulator: Emulator, azurite: str, trusted: str) -> None:
    credential = emulator.credential()
    with BlobServiceClient(azurite, credential=credential) as service:
        container = service.create_container("sync")
        for number in range(3):
            container.upload_blob(f"{number}.txt", f"blob {number}".encode())
        assert sorted(blob.name for blob in container.list_blobs()) == ["0.txt", "1.txt", "2.txt"]
        assert container.download_blob("2.txt").readall() == b"blob 2"
    # One handshake for all of it.
    assert len(emulator.requests()) == 2


async def test_asynchronously(emulator: Emulator, azurite: str, trusted: str) -> None:
    credential = himds.aio.ManagedIdentityCredential(**emulator.options())
    async with AsyncBlobServiceClient(azurite, credential=credential, connection_verify=trusted) as service:
        container = await service.create_container("async")
        await container.upload_blob("a.txt", b"from a task")
        stream = await container.download_blob("a.txt")
        assert await stream.readall() == b"from a task"
    assert len(emulator.requests()) == 2


def test_the_example(machine_identity: Emulator, azurite: str, trusted: str) -> None:
    assert upload(azurite, "hello.txt", b"hello") == b"hello"


def test_a_token_for_another_resource_is_refused(emulator: Emulator, azurite: str, trusted: str) -> None:
    """Azurite checks the token: without this, the tests above would prove nothing."""
    with (
        BlobServiceClient(azurite, credential=emulator.credential(), audience="https://vault.azure.net") as service,
        pytest.raises(ClientAuthenticationError),
    ):
        service.create_container("refused")


def test_our_errors_reach_the_clients_caller(emulator: Emulator, azurite: str, trusted: str) -> None:
    emulator.fault(status=403, body='{"error":"forbidden","error_description":"not this one"}', count=0)
    with (
        # Its storage clients ask a failed credential again, as they do of azure-identity's; not here.
        BlobServiceClient(azurite, credential=emulator.credential(), retry_total=0) as service,
        pytest.raises(ClientAuthenticationError) as caught,
    ):
        service.create_container("errors")
    assert isinstance(caught.value, himds.ServiceError)
    assert caught.value.error_description == "not this one"
    assert len(emulator.requests()) == 1
