"""The drivers' protocol: a request a line on standard input, an answer a line on standard output."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable
from urllib.parse import quote, unquote_to_bytes

Fields = dict[str, str]
TOKEN_DIR = "/var/opt/azcmagent/tokens"
IMDS = "http://169.254.169.254"
SELECTORS = ("client_id", "object_id", "resource_id")


class Unsupported(Exception):
    """What this client cannot do."""


def refuse(fields: Fields, known: tuple[str, ...]) -> None:
    """Raises for the first argument that the client has nothing for."""
    for name in fields:
        if name not in known and not name.startswith("env."):
            raise Unsupported(f"this client has no {name}")


class Environment:
    """The variables of one client: this makes those of the next."""

    def __init__(self) -> None:
        self._set: Fields = {}

    def furnish(self, fields: Fields) -> None:
        for name in self._set:
            os.environ.pop(name, None)
        self._set = {name[4:]: value for name, value in fields.items() if name.startswith("env.")}
        source, endpoint = fields.get("source"), fields.get("endpoint")
        if source == "himds":
            if fields.get("token_dir", TOKEN_DIR) != TOKEN_DIR:
                raise Unsupported(f"this client knows no directory but {TOKEN_DIR}: use --real-places")
            if endpoint is not None:
                token_url = "/metadata/identity/oauth2/token"
                whole = endpoint if endpoint.endswith(token_url) else endpoint + token_url
                self._set.update(IDENTITY_ENDPOINT=whole, IMDS_ENDPOINT=endpoint)
        elif source == "imds":
            if endpoint not in (None, IMDS):
                self._set["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = endpoint
        elif source is not None:
            raise Unsupported("this client has no such source")
        try:
            os.environ.update(self._set)
        except ValueError as error:
            raise Unsupported(f"not a variable: {error}") from None


def serve(operations: dict[str, Callable[[Fields], dict[str, Any]]]) -> None:
    """Answers until `exit`. An operation returns the fields of its answer, or raises what its client raised."""
    for line in sys.stdin:
        operation, *words = line.rstrip("\n").split("\t")
        if operation == "exit":
            return
        parts = [[unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in word.split("=", 1)] for word in words]
        try:
            if operation not in operations:
                raise Unsupported(f"this client has no {operation}")
            answer = encode("ok", operations[operation](dict(parts)))
        except Unsupported as why:
            answer = encode("unsupported", {"message": why})
        except Exception as error:  # noqa: BLE001 - whatever the client raises is its answer
            answer = encode("error", {"message": error, "repr": repr(error)})
        print(answer, flush=True)


def encode(status: str, fields: dict[str, Any]) -> str:
    words = [
        f"{name}={quote(str(value).encode('utf-8', 'surrogateescape'), safe='')}"
        for name, value in fields.items()
        if value is not None
    ]
    return "\t".join([status, *words])
