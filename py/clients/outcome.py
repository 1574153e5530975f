"""Asks one library for a token and prints, as JSON, what came of it.

``outcome.py LIBRARY [SELECTOR=VALUE] [threads=N]``
"""

from __future__ import annotations

import base64
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import ProxyHandler, build_opener

SCOPE = "https://vault.azure.net/.default"


def credential(library: str, options: dict[str, str]) -> Any:
    if library == "himds":
        from himds import ManagedIdentityCredential
    else:
        from azure.identity import ManagedIdentityCredential
    if "client_id" in options:
        return ManagedIdentityCredential(client_id=options["client_id"])
    return ManagedIdentityCredential(identity_config=options) if options else ManagedIdentityCredential()


def main() -> None:
    library, *arguments = sys.argv[1:]
    options = dict(argument.split("=", 1) for argument in arguments)
    threads = int(options.pop("threads", "1"))
    made = credential(library, options)

    def ask(_: int) -> dict[str, Any]:
        try:
            token = made.get_token(SCOPE).token
        except Exception as error:
            return {"error": type(error).__name__, "text": str(error)}
        payload = token.split(".")[1]
        return {"oid": json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["oid"]}

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(ask, range(threads)))
    log = f"{os.environ['HIMDS_EMULATOR_HIMDS']}/emulator/requests"
    with build_opener(ProxyHandler({})).open(log, timeout=10) as answer:
        requests = len(json.load(answer))
    print(json.dumps({**outcomes[0], "requests": requests}))


if __name__ == "__main__":
    main()
