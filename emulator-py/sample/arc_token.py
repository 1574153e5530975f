"""The code under test: a token on an Azure Arc-enabled server, with nothing but the standard library."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Throttled(Exception):
    pass


def token(resource: str, token_dir: Path) -> str:
    query = urllib.parse.urlencode({"api-version": "2020-06-01", "resource": resource})
    url = f"{os.environ['IDENTITY_ENDPOINT']}?{query}"
    try:
        OPENER.open(urllib.request.Request(url, headers={"Metadata": "true"})).close()
    except urllib.error.HTTPError as answer:
        with answer:
            if answer.code == 429:
                raise Throttled from None
            realm = re.fullmatch(r"Basic realm=(.+)", answer.headers["WWW-Authenticate"])
    else:
        raise RuntimeError("no challenge: this is not the agent")
    key_file = Path(realm[1]) if realm else None
    if key_file is None or key_file.parent != token_dir:
        raise RuntimeError("the challenge names a file outside the agent's directory")
    headers = {"Metadata": "true", "Authorization": f"Basic {key_file.read_text()}"}
    with OPENER.open(urllib.request.Request(url, headers=headers)) as answer:
        return str(json.load(answer)["access_token"])
