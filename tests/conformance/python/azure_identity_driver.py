"""azure-identity: azure_identity_driver.py [aio]"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import wire
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential

ASYNC = sys.argv[1:] == ["aio"]


class Driver:
    def __init__(self) -> None:
        self.environment = wire.Environment()
        self.credential: Any = None
        self.loop = asyncio.new_event_loop()

    def client(self, fields: wire.Fields) -> dict[str, Any]:
        wire.refuse(fields, ("source", "endpoint", "token_dir", *wire.SELECTORS))
        self.environment.furnish(fields)
        selectors = {name: fields[name] for name in wire.SELECTORS if name in fields}
        # The asyncio credential sends the names as they are, so a resource id has that of the query's parameter.
        names = {"resource_id": "msi_res_id"} if ASYNC else {}
        config = {names.get(name, name): value for name, value in selectors.items()}
        options: dict[str, Any] = {"identity_config": config} if config else {}
        if list(selectors) == ["client_id"]:
            options = dict(selectors)
        self.credential = (AsyncManagedIdentityCredential if ASYNC else ManagedIdentityCredential)(**options)
        return {}

    def token(self, fields: wire.Fields) -> dict[str, Any]:
        wire.refuse(fields, ("resource", "claims"))
        resource = fields["resource"]
        scope = resource if resource.endswith("/.default") else resource + "/.default"
        options: Any = {"claims": fields["claims"]} if "claims" in fields else {}
        found = self.credential.get_token_info(scope, options=options)
        token = self.loop.run_until_complete(found) if ASYNC else found
        return {"secret": token.token, "expires_on": token.expires_on, "token_type": token.token_type}

    def close(self, _fields: wire.Fields) -> dict[str, Any]:
        closing = self.credential.close()
        if ASYNC:
            self.loop.run_until_complete(closing)
        return {}


def main() -> None:
    logging.disable()
    driver = Driver()
    wire.serve({"client": driver.client, "token": driver.token, "close": driver.close})


main()
