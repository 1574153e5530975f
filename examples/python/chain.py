"""One program for servers, VMs and laptops: the machine's identity where there is one, else the Azure CLI's."""

from azure.identity import AzureCliCredential, ChainedTokenCredential

import himds

credential = ChainedTokenCredential(himds.ManagedIdentityCredential(), AzureCliCredential())

if __name__ == "__main__":
    print(credential.get_token("https://management.azure.com/.default").expires_on)
