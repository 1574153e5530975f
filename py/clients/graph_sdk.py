"""Authenticates a request as Microsoft's Graph SDK does, and prints its Authorization header.

``graph_sdk.py sync|async REQUESTS OPTIONS``: the credential's class, how many requests, and its arguments as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider

import himds
import himds.aio


async def main(kind: str, requests: int, options: dict[str, Any]) -> None:
    module = himds if kind == "sync" else himds.aio
    credential = module.ManagedIdentityCredential(**options)
    provider = AzureIdentityAuthenticationProvider(credential, scopes=["https://graph.microsoft.com/.default"])
    for _ in range(requests):
        request = RequestInformation(Method.GET, "https://graph.microsoft.com/v1.0/users")
        await provider.authenticate_request(request)
        print(*request.headers.get("Authorization"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])))
