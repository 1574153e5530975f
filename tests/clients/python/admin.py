"""The emulator's admin path, and what a test looks at."""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from typing import Any

BASE = os.environ["IMDS_ENDPOINT"]
# A proxy that is set here must not get the emulator's requests.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def admin(method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{BASE}/emulator/{path}", data, headers, method=method)
    text = OPENER.open(request).read()
    return json.loads(text) if text else None


def fresh() -> None:
    """No faults, an empty log, and no token that the services keep."""
    admin("DELETE", "faults")
    admin("DELETE", "requests")
    admin("POST", "clear-cache")


def fault(**fields: Any) -> None:
    admin("POST", "faults", fields)


def stages() -> list[str]:
    return [request["stage"] for request in admin("GET", "requests")]


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
