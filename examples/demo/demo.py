#!/usr/bin/env python3
"""The main job, shown against an emulated agent: `make demo` builds the programs and runs this.

    demo.py EMULATOR RUST_DEMO RUST_TOKEN C_TOKEN

Needs the wheel `himds` in the Python that runs it. Ends by itself and leaves nothing behind.
"""

import hashlib
import http.client
import json
import os
import stat
import subprocess
import sys
import tempfile
import urllib.parse

import himds

RESOURCE = "https://vault.azure.net"


def main() -> None:
    emulator, rust_demo, rust_token, c_token = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="himds-demo-") as directory:
        tokens = os.path.join(directory, "tokens")
        os.mkdir(tokens, 0o750)
        command = [emulator, "--token-dir", tokens, "--ready-file", os.path.join(directory, "ready")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as agent:
            try:
                assert agent.stdout is not None
                print(f"{agent.stdout.readline().strip()}\n", flush=True)
                with open(os.path.join(directory, "ready"), encoding="utf-8") as ready:
                    base = json.load(ready)["himds"]
                os.environ.update(
                    IDENTITY_ENDPOINT=f"{base}/metadata/identity/oauth2/token", IMDS_ENDPOINT=base
                )
                for name in ("IDENTITY_HEADER", "MSI_ENDPOINT"):
                    os.environ.pop(name, None)
                subprocess.run([rust_demo, tokens], check=True)
                handshake(base)
                fingerprints(tokens, rust_token, c_token)
            finally:
                agent.terminate()


def handshake(base: str) -> None:
    """The two requests by hand. The key itself is never shown."""
    print("\nHandshake, step by step")
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    query = urllib.parse.urlencode({"api-version": "2020-06-01", "resource": RESOURCE})
    path = f"/metadata/identity/oauth2/token?{query}"
    headers = {"Metadata": "true"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    challenge = answer.getheader("WWW-Authenticate", "")
    print(f"  1  GET {path.split('?')[0]}")
    print(f"     {answer.status} {answer.reason}, WWW-Authenticate: {challenge}")
    key_file = challenge.partition("realm=")[2]
    with open(key_file, encoding="ascii") as file:
        mode = stat.filemode(os.fstat(file.fileno()).st_mode)
        headers["Authorization"] = f"Basic {file.read().strip()}"
    print(f"  2  the key file: {mode}, {len(headers['Authorization']) - 6} characters, not shown")
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    print("  3  the same request with Authorization: Basic [the key]")
    print(f"     {answer.status} {answer.reason}, a {body['token_type']} token; the key file is gone: "
          f"{not os.path.exists(key_file)}")
    connection.close()


def fingerprints(tokens: str, rust_token: str, c_token: str) -> None:
    """The same token, whatever requests it."""
    print("\nThe same token in every language (the first half of its SHA-256)")
    base = os.environ["IMDS_ENDPOINT"]
    rust = run(rust_token, RESOURCE, base, tokens).removeprefix("Authorization: Bearer ")
    python = himds.Client(token_dir=tokens).token(RESOURCE).token
    found = {"Rust": rust, "C": run(c_token, tokens, RESOURCE), "Python": python}
    for language, token in found.items():
        print(f"  {language:<12} {hashlib.sha256(token.encode()).hexdigest()[:32]}")
    if len(set(found.values())) != 1:
        sys.exit("the tokens differ")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
