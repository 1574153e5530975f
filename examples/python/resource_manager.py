"""Azure Resource Manager without an SDK: what lies in this machine's own resource group.

The recipe for requests: a session whose every request bears the current token.
"""

import os

import requests
from requests.auth import AuthBase

import himds

ARM = os.environ.get("ARM_ENDPOINT", "https://management.azure.com")


class ManagedIdentityAuth(AuthBase):
    """Authorization for requests. The client caches the token and refreshes it early."""

    def __init__(self, resource: str) -> None:
        """Take the resource that is called."""
        self.client = himds.Client()
        self.resource = resource

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self.client.token(self.resource).token}"
        return request


def resources() -> "list[str]":
    metadata = himds.Client().metadata()
    group = f"/subscriptions/{metadata.subscription_id}/resourceGroups/{metadata.resource_group}"
    with requests.Session() as session:
        session.auth = ManagedIdentityAuth("https://management.azure.com")
        answer = session.get(f"{ARM}{group}/resources", params={"api-version": "2021-04-01"}, timeout=30)
        answer.raise_for_status()
        return [resource["id"] for resource in answer.json()["value"]]


if __name__ == "__main__":
    print(*resources(), sep="\n")
