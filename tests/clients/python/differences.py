"""What azure-identity does in the cases that we treat specially; the table in ../README.md is made from this.

It prints and never fails: another version may do otherwise, and then the table is to be corrected.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import azure.identity
from azure.identity import ManagedIdentityCredential

from admin import admin, fault, fresh, stages

SCOPE = "https://vault.azure.net/.default"
CASES: dict[str, list[dict[str, Any]]] = {
    "quoted realm": [{"on": "challenge", "www_authenticate": ['Basic realm="{path}"']}],
    "scheme in lower case": [{"on": "challenge", "www_authenticate": ["basic realm={path}"]}],
    "another scheme": [{"on": "challenge", "www_authenticate": ["Bearer realm={path}"]}],
    "two WWW-Authenticate headers": [{"on": "challenge", "www_authenticate": ["Basic realm={path}", "Basic realm={path}"]}],
    "key file is a symbolic link": [{"on": "challenge", "key": {"kind": "symlink"}}],
    "key file writable by others": [{"on": "challenge", "key": {"mode": "0666"}}],
    "token directory writable by others": [{"on": "challenge", "key": {"directory_mode": "0777"}}],
    "white space behind the key": [{"on": "challenge", "key": {"content": "key-with-a-line-break\n"}}],
    "empty key file": [{"on": "challenge", "key": {"content": ""}}],
    "key in another directory": [{"on": "challenge", "www_authenticate": ["Basic realm={dir}/../{name}"]}],
    "200 without a challenge": [{"on": "challenge", "no_challenge": True}],
    "always 401": [{"on": "key", "refuse_key": True, "count": 0}],
    "503 instead of a challenge": [{"on": "challenge", "preset": "unavailable"}],
    "503 instead of a token": [{"on": "key", "preset": "unavailable"}],
    "connection reset instead of a token": [{"on": "key", "wire": {"action": "reset"}}],
    "redirect of the first request": [{"on": "challenge", "preset": "redirect"}],
    "redirect of the second request": [{"on": "key", "preset": "redirect", "status": 307}],
    "429 without Retry-After": [{"on": "challenge", "preset": "throttled", "remove_headers": ["retry-after"]}],
    "expires_in with a fraction": [{"on": "key", "set": {"expires_in": '"3599.5"'}}],
    "expires_in missing": [{"on": "key", "remove": ["expires_in"]}],
    "expires_on as a date, no expires_in": [{"on": "key", "set": {"expires_on": '"{ampm:+3600}"'}, "remove": ["expires_in"]}],
    "an old agent's api-version list": [{"on": "challenge", "preset": "himds_api_version_old"}],
    "a token of 2 MiB": [{"on": "key", "set": {"access_token": '"{x*2097152}"'}}],
}


def outcome() -> str:
    started = time.monotonic()
    try:
        ManagedIdentityCredential().get_token(SCOPE)
        result = "token"
    except Exception as error:  # noqa: BLE001 - whatever it raises is the result
        result = type(error).__name__
        if any(secret in str(error) for secret in admin("GET", "secrets")):
            result += " (with the secret in its text)"
    return f"{result}, {len(stages())} requests, {time.monotonic() - started:.1f} s"


def main() -> None:
    logging.disable()
    print(f"azure-identity {azure.identity.__version__}")
    for name, faults in CASES.items():
        fresh()
        for one in faults:
            fault(**one)
        print(f"{name}: {outcome()}")
    fresh()
    os.environ["HTTP_PROXY"] = "http://127.0.0.1:9"
    print(f"HTTP_PROXY set: {outcome()}")


main()
