"""Google's own library takes the token from `himds token-file` and from `himds token --format gcp-executable`.

usage: external_account.py HIMDS, with HIMDS_EMULATOR_TOKEN_DIR and the variables of the agent set (himds-emulator -- ...). A security
token service of our own sees which token Google's library hands on.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from google.auth import exceptions, identity_pool, pluggable
from google.auth.transport.requests import Request

himds, token_dir = sys.argv[1], os.environ["HIMDS_EMULATOR_TOKEN_DIR"]
RESOURCE = "api://AzureADTokenExchange"
EXAMPLES = Path(__file__).parent / "../../../examples/tools"
JWT, ID_TOKEN = "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"
seen: list[dict[str, list[str]]] = []


class Sts(BaseHTTPRequestHandler):
    """Exchanges any token for the same one of its own."""

    def do_POST(self) -> None:
        seen.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        body = json.dumps(
            {"access_token": "google", "issued_token_type": "x", "token_type": "Bearer", "expires_in": 3600}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


def refresh(source: dict[str, object], token_type: str = JWT) -> None:
    """Let the library get a token of Google's."""
    kind_of_source = next(iter(source))
    config = json.loads((EXAMPLES / f"google-{kind_of_source}.json").read_text())
    assert set(source) == set(config["credential_source"]), "the example has what is tested here"
    config |= {
        "subject_token_type": token_type,
        "token_url": f"http://127.0.0.1:{server.server_port}/v1/token",
        "credential_source": source,
    }
    # The classes that google.auth.default() chooses; that would also ask Google for the project's name.
    kind = pluggable if "executable" in source else identity_pool
    credentials = kind.Credentials.from_info(config, scopes=["https://www.googleapis.com/auth/x"])
    credentials.refresh(Request())
    assert credentials.token == "google"


server = HTTPServer(("127.0.0.1", 0), Sts)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update({"GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})

with tempfile.TemporaryDirectory() as directory:
    scratch = Path(directory)
    common = ["--resource", RESOURCE, "--token-dir", token_dir]
    token = subprocess.run([himds, "token", *common], check=True, capture_output=True, text=True).stdout.strip()

    for token_format, described in (
        ("raw", {"type": "text"}),
        ("json", {"type": "json", "subject_token_field_name": "token"}),
    ):
        out = scratch / "token"
        subprocess.run([himds, "token-file", *common, "--out", str(out), "--format", token_format], check=True)
        refresh({"file": str(out), "format": described})
        assert seen[-1]["subject_token"] == [token], f"file, {token_format}"
        print(f"google: file, {token_format}: ok")

    command = " ".join([himds, "token", *common, "--format", "gcp-executable"])
    for token_type in (JWT, ID_TOKEN):
        refresh({"executable": {"command": command, "timeout_millis": 10000}}, token_type)
        assert seen[-1]["subject_token"] == [token], "executable"
        assert seen[-1]["subject_token_type"] == [token_type]
        print(f"google: executable, {token_type.rpartition(':')[2]}: ok")

    # The reason reaches the caller of Google's library.
    try:
        refresh({"executable": {"command": f"{command} --client-id not-assigned", "timeout_millis": 10000}})
    except exceptions.RefreshError as error:
        assert "identity_not_found" in str(error), error
        print("google: executable, refused: ok")
    else:
        raise AssertionError("an identity that is not there got a token")
