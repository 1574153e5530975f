"""One program for servers, VMs and laptops: the machine's identity if there is one, otherwise the Azure CLI's."""

from azure.identity import AzureCliCredential, ChainedTokenCredential

import himds

credential = ChainedTokenCredential(himds.ManagedIdentityCredential(), AzureCliCredential())

if __name__ == "__main__":
    print(credential.get_token("https://management.azure.com/.default").expires_on)
