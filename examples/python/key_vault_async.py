"""The same with asyncio: ``key_vault_async.py https://VAULT.vault.azure.net NAME...``."""

import asyncio
import sys

from azure.keyvault.secrets.aio import SecretClient

import himds.aio


async def read_secrets(vault_url: str, names: "list[str]") -> "list[str | None]":
    async with himds.aio.ManagedIdentityCredential() as credential, SecretClient(vault_url, credential) as client:
        secrets = await asyncio.gather(*(client.get_secret(name) for name in names))
        return [secret.value for secret in secrets]


if __name__ == "__main__":
    print(asyncio.run(read_secrets(sys.argv[1], sys.argv[2:])))
