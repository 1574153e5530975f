"""Upload a blob with the machine's identity: ``blob_upload.py https://ACCOUNT.blob.core.windows.net``."""

import sys

from azure.storage.blob import BlobServiceClient

import himds


def upload(account_url: str, name: str, data: bytes) -> bytes:
    credential = himds.ManagedIdentityCredential()
    with BlobServiceClient(account_url, credential=credential) as service:
        container = service.get_container_client("reports")
        if not container.exists():
            container.create_container()
        container.upload_blob(name, data, overwrite=True)
        return container.download_blob(name).readall()


if __name__ == "__main__":
    print(upload(sys.argv[1], "hello.txt", b"hello from this machine"))
