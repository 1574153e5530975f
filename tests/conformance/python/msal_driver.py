"""msal's ManagedIdentityClient."""

from __future__ import annotations

import logging
import time
from typing import Any

import msal
import requests
import wire


# snippet: driver
class ErrorAnswer(Exception):
    """msal answers errors as a dictionary."""


class Driver:
    def __init__(self) -> None:
        self.environment = wire.Environment()
        self.msal: Any = None

    def client(self, fields: wire.Fields) -> dict[str, Any]:
        wire.refuse(fields, ("source", "endpoint", "token_dir", *wire.SELECTORS))
        self.environment.furnish(fields)
        selectors = {name: fields[name] for name in wire.SELECTORS if name in fields}
        identity = msal.UserAssignedManagedIdentity(**selectors) if selectors else msal.SystemAssignedManagedIdentity()
        self.msal = msal.ManagedIdentityClient(identity, http_client=requests.Session())
        return {}

    def token(self, fields: wire.Fields) -> dict[str, Any]:
        wire.refuse(fields, ("resource",))
        try:
            answer = self.msal.acquire_token_for_client(resource=fields["resource"].removesuffix("/.default"))
        except msal.ManagedIdentityError as error:
            # What a release does not claim to do is not a failure of it.
            if "supports only system-assigned" in str(error):
                raise wire.Unsupported(error) from None
            raise
        if "access_token" not in answer:
            raise ErrorAnswer(answer)
        return {"secret": answer["access_token"], "expires_on": int(time.time() + int(answer["expires_in"]))}


def main() -> None:
    logging.disable()
    driver = Driver()
    wire.serve({"client": driver.client, "token": driver.token})
# end of snippet


main()
