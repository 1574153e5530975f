"""Other makers' Python clients: prints the token that each gets."""

import os
import sys

USER_ASSIGNED = "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003"
RESOURCE_ID = (
    "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
)
STORAGE = "https://storage.azure.com"


def msrestazure(**identity):
    from msrestazure.azure_active_directory import MSIAuthentication

    credentials = MSIAuthentication(resource=STORAGE, **identity)
    credentials.set_token()
    return credentials.token["access_token"]


def azure_identity():
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential().get_token(STORAGE + "/.default").token


def pymongo():
    from pymongo._azure_helpers import _get_azure_response

    return _get_azure_response("api://app/with?odd&characters".split("?")[0], USER_ASSIGNED)["access_token"]


def obstore():
    import obstore
    from obstore.store import AzureStore

    store = AzureStore("container", account_name="account", endpoint=os.environ["STORAGE"], client_options={"allow_http": True})
    obstore.list(store).collect()
    return ""


CASES = {
    "msrestazure": msrestazure,
    "msrestazure-client-id": lambda: msrestazure(client_id=USER_ASSIGNED),
    "msrestazure-resource-id": lambda: msrestazure(msi_res_id=RESOURCE_ID),
    "azure-identity": azure_identity,
    "pymongo": pymongo,
    "obstore": obstore,
}
print(CASES[sys.argv[1]]())
