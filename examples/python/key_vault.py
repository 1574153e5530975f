"""Read a secret with the machine's identity: ``key_vault.py https://VAULT.vault.azure.net NAME``."""

import sys

from azure.keyvault.secrets import SecretClient

import himds


def read_secret(vault_url: str, name: str) -> "str | None":
    with himds.ManagedIdentityCredential() as credential, SecretClient(vault_url, credential) as client:
        return client.get_secret(name).value


if __name__ == "__main__":
    print(read_secret(sys.argv[1], sys.argv[2]))
