"""Runs the scenarios of tests/scenarios through the Python package; tests/README.md describes the protocol."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import himds

TEXT_OPTIONS = ("source", "endpoint", "client_id", "object_id", "resource_id", "user_agent")
ERROR_FIELDS = ("kind", "status", "message", "hint", "http_status", "error", "error_description")
ERROR_FIELDS_WITH_ZERO_AS_NONE = ("correlation_id", "attempts", "retry_after")
METADATA_FIELDS = (
    "json",
    "subscription_id",
    "resource_group",
    "location",
    "name",
    "resource_id",
    "vm_id",
    "os_type",
    "environment",
)


class Unsupported(Exception):
    """The operation does not exist in Python; the text says why."""


class Driver:
    """Holds the current client, as the protocol has it."""

    def __init__(self) -> None:
        self.client_: himds.Client | None = None
        self.cancel_ = himds.CancelHandle()
        self.variables_: dict[str, str] = {}

    @property
    def current(self) -> himds.Client:
        assert self.client_ is not None, "an operation before `client`"
        return self.client_

    def client(self, fields: dict[str, str]) -> dict[str, Any]:
        self.cancel_ = himds.CancelHandle()
        options: dict[str, Any] = {name: fields[name] for name in TEXT_OPTIONS if name in fields}
        if "token_dir" in fields:
            options["token_dir"] = fields["token_dir"]
        for name in ("timeout", "connect_timeout", "wait_for_service"):
            if name in fields:
                options[name] = float(fields[name])
        if "max_attempts" in fields:
            options["max_attempts"] = int(fields["max_attempts"])
        # They stay until the next client: the diagnosis reads them again.
        for name in self.variables_:
            del os.environ[name]
        self.variables_ = {name[4:]: value for name, value in fields.items() if name.startswith("env.")}
        os.environ.update(self.variables_)
        self.client_ = himds.Client(**options)
        return {}

    def token(self, fields: dict[str, str]) -> dict[str, Any]:
        options: dict[str, Any] = {"force_refresh": fields.get("force_refresh") == "1", "claims": fields.get("claims")}
        if "timeout" in fields:
            options["timeout"] = float(fields["timeout"])
        if fields.get("cancel") == "1":
            options["cancel"] = self.cancel_
        if "cancel_after_ms" not in fields:
            return token_fields(self.current.token(fields["resource"], **options))
        cancel = himds.CancelHandle()
        timer = threading.Timer(int(fields["cancel_after_ms"]) / 1000, cancel.cancel)
        timer.start()
        try:
            return token_fields(self.current.token(fields["resource"], **options, cancel=cancel))
        finally:
            timer.cancel()
            timer.join()

    def cancel(self, _fields: dict[str, str]) -> dict[str, Any]:
        self.cancel_.cancel()
        return {}

    def peek(self, fields: dict[str, str]) -> dict[str, Any]:
        token = self.current.peek(fields["resource"])
        return {"none": 1} if token is None else token_fields(token)

    def claims(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"json": json.dumps(self.current.token(fields["resource"]).claims())}

    def metadata(self, _fields: dict[str, str]) -> dict[str, Any]:
        metadata = self.current.metadata()
        answer = {name: getattr(metadata, name) for name in METADATA_FIELDS}
        return {**answer, "tags": json.dumps(metadata.tags)}

    def pointer(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"json": json.dumps(self.current.metadata().pointer(fields["pointer"]))}

    def get(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"body": self.current.get_text(fields["path"], fields.get("api_version"))}

    def source(self, _fields: dict[str, str]) -> dict[str, Any]:
        client = self.current
        return {"source": client.source or "", "reason": client.source_reason, "endpoint": client.endpoint or ""}

    def clear_cache(self, _fields: dict[str, str]) -> dict[str, Any]:
        self.current.clear_cache()
        return {}

    def diagnose(self, fields: dict[str, str]) -> dict[str, Any]:
        return {"json": json.dumps(self.current.diagnose(fields.get("resource")))}

    def close(self, _fields: dict[str, str]) -> dict[str, Any]:
        self.current.close()
        return {}

    def copy(self, _fields: dict[str, str]) -> dict[str, Any]:
        raise Unsupported("Python copies nothing into buffers")


def token_fields(token: himds.AccessToken) -> dict[str, Any]:
    return {
        "secret": token.token,
        "expires_on": token.expires_on,
        "refresh_on": "" if token.refresh_on is None else token.refresh_on,
        "resource": token.resource,
        "token_type": token.token_type,
        "repr": repr(token),
    }


def error_fields(error: himds.Error) -> dict[str, Any]:
    fields = {name: getattr(error, name) for name in ERROR_FIELDS}
    fields.update({name: getattr(error, name) or None for name in ERROR_FIELDS_WITH_ZERO_AS_NONE})
    return {**fields, "repr": f"{error!r} {error!s} {error.body!r} {error.args!r} {error.__dict__!r}"}


def answer(driver: Driver, line: str) -> str:
    operation, *words = line.split("\t")
    # What is not UTF-8 becomes lone surrogates, as Python itself makes of it in argv and environ.
    pairs = (
        [unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in word.split("=", 1)] for word in words
    )
    fields = dict(pairs)
    try:
        method = getattr(driver, operation, None)
        if method is None:
            raise Unsupported(f"Python has no {operation}")
        return encode("ok", method(fields))
    except Unsupported as why:
        return encode("unsupported", {"message": why})
    except himds.Error as error:
        return encode("error", error_fields(error))


def encode(status: str, fields: dict[str, Any]) -> str:
    words = (
        f"{name}={quote(str(value).encode('utf-8', 'surrogateescape'), safe='')}"
        for name, value in fields.items()
        if value is not None
    )
    return "\t".join([status, *words])


def main() -> None:
    driver = Driver()
    for line in sys.stdin:
        line = line.rstrip("\n")
        if line == "exit":
            break
        print(answer(driver, line), flush=True)


if __name__ == "__main__":
    main()
