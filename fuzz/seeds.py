#!/usr/bin/env python3
"""Writes fuzz/corpus/ from the scenarios, a few inputs for each target. Needs Python 3.11.

What fuzzing finds beyond these is kept by a scenario or a unit test, not by a file here.
"""

import base64
import json
import re
import shutil
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCENARIOS = HERE.parent / "tests" / "scenarios"
CORPUS = HERE / "corpus"
DIRECTORY = "/var/opt/azcmagent/tokens"
NAME = "406109b6-e357-4a7f-a2df-d14e7e8a1bd5.key"
MOST = 5
CLAIMS = {"aud": "https://vault.azure.net", "exp": 1_700_003_600, "oid": "3d2b7c1e", "tid": "72f988bf"}
TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).decode().rstrip('=')}.c2ln"


def faults():
    """Every fault of every scenario, its cases' included."""
    for path in sorted(SCENARIOS.glob("*.toml")):
        for scenario in tomllib.loads(path.read_text(encoding="utf-8")).get("scenario", []):
            for source in [scenario, *scenario.get("case", [])]:
                found = source.get("fault", [])
                yield from found if isinstance(found, list) else [found]


def filled(text):
    """The runner's placeholders, as far as they stand for text."""
    texts = {"path": f"{DIRECTORY}/{NAME}", "dir": DIRECTORY, "name": NAME, "token": TOKEN, "key": TOKEN, "host": "127.0.0.1"}
    for name, value in texts.items():
        text = text.replace("{" + name + "}", value)
    return text


def spread(items):
    """At most a few, from the whole list, none twice."""
    items = sorted(set(items), key=lambda item: (len(item), item))
    step = max(1, -(-len(items) // MOST))
    return items[::step]


def answers():
    """Bodies that scenarios give for errors and tokens, each with its status and headers."""
    errors, tokens = [], []
    for fault in faults():
        if "body" not in fault or "{hex" in fault["body"] or "*" in fault["body"]:
            continue
        lines = [str(fault.get("status", 200))] + [": ".join(header) for header in fault.get("headers", [])]
        text = "\n".join([*lines, "", filled(fault["body"])])
        (errors if fault.get("status", 200) >= 300 else tokens).append(text)
    return spread(errors), spread(tokens)


def made():
    """What scenarios say by other means than a text: tokens in every shape of expiry, redaction, whole exchanges."""
    shapes = [
        {"expires_in": "3599", "expires_on": "1700003600"},
        {"expires_on": "06/20/2033 02:57:58 +00:00", "expires_in": ""},
        {"expires_on": "2033-10-18T19:51:37.0000000+00:00", "refresh_in": 1800},
        {"expires_on": "Sun, 22 Nov 3333 04:05:06 GMT", "expires_in": None},
        {"token_type": "Bearer", "client_id": "8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001", "expires_in": 86400.5},
    ]
    tokens = [json.dumps({"access_token": TOKEN, **shape}) for shape in shapes]
    ok = [f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}" for text in tokens]
    challenge = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm={path}\r\nContent-Length: 0\r\n\r\n"
    busy = "HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy"
    refused = "HTTP/1.1 401 No\r\nConnection: close\r\n\r\n{\"error\":\"x\",\"error_description\":\"{sent_key}\"}"
    cut = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc\r\n"
    exchanges = [[challenge, ok[0]], [busy, challenge, ok[1]], [challenge, refused], [cut, challenge, ok[2]]]
    clients = ["\0" + "\n~~~~\n".join(parts) for parts in exchanges] + ["\1" + ok[3], "\1" + "\n~~~~\n".join([busy, cut, ok[4]])]
    return {
        "token": [f"200\nDate: Tue, 14 Nov 2023 22:13:20 GMT\n\n{text}" for text in tokens],
        "client": clients,
    }


def rules():
    """Configurations of `himds bridge`: the one that the package brings, with its examples switched on, and small ones."""
    packaged = (HERE.parent / "packaging" / "etc" / "bridge.toml").read_text(encoding="utf-8")
    shown = re.sub(r"(?m)^# (?=(# )?(\[|[a-z_]+ *=))", "", packaged).replace("cloud_shell = true", "")
    vault = 'resource = ["https://vault.azure.net"]'
    return [
        shown,
        f"[[allow]]\nname = \"root's\"\nunit = 'a.service'\nuser = 'root'\n{vault}\n[limits]\nrate = 1\nburst = 2\n",
        f"cloud_shell = true\n[[allow]]\ngroup = '500'\n{vault}\nidentity = ['b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003']\n",
        f"[[allow]]\nname = 'a'\nuser = 'nobody'\nsocket = 's'\n{vault}\n[[allow]]\nunit = 'web@1.scope'\nmetadata = ['/metadata/instance/']\n",
        "[[allow]]\nuser = '65534'\nresource = ['HTTPS://A.B/.default', 'api://c']\nidentity = ['system', '/subscriptions/x']\n",
    ]


def targets():
    errors, tokens = answers()
    challenges = ["\n".join(filled(line) for line in fault["www_authenticate"]) for fault in faults() if "www_authenticate" in fault]
    challenges = [text for text in challenges if "{" not in text]
    realms = [text.split("realm=", 1)[1].strip('"') for text in challenges if "realm=" in text]
    pair = ["IDENTITY_ENDPOINT=http://localhost:40342/metadata/identity/oauth2/token", "IMDS_ENDPOINT=http://localhost:40342"]
    instance = {"compute": {"name": "a", "tagsList": [{"name": "k", "value": "v:;"}], "tags": "k:v", "publicKeys": None}, "network": {}}
    whole = json.dumps(instance)
    get = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:40000\r\n{}\r\n"
    query = "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
    letters = bytes(range(65, 91)) + bytes(range(48, 58))
    texts = {
        "challenge": spread(challenges),
        "key_file": [f"{realm}\nZjNhOWMxZDI=\r\n" for realm in spread(realms)] + [f"{DIRECTORY}/../a.key\n\n"],
        "drop_in": [
            f'[Manager]\nDefaultEnvironment="{pair[0]}" "{pair[1]}"\n',
            f"# x\n[Manager]\r\nDefaultEnvironment = '{pair[0]}' \\\n; y\n  {pair[1]}",
            f"[Manager]\nDefaultEnvironment=\nDefaultEnvironment=A=\\x41\\u00e4\\101 {pair[0]} {pair[1]}",
        ],
        "endpoint": ["http://localhost:40342", "http://127.0.0.1:40342/metadata/identity/oauth2/token", "http://[::1]:80/", "http://169.254.169.254", "http://127.0.0.1@evil.example/", "http://K\u00ff:1/"],
        "error": errors + ['429\nRetry-After: 7\n\n{"error":"x","error_description":"key {sent_key}"}'],
        "metadata": [whole, '{"compute":{"tags":"a:1;b:2"}}', "\ufeff\ufeff{}"],
        "claims": [TOKEN, json.dumps(CLAIMS), "a.b.c"],
        "pointer": [f"/compute/tagsList/0/name\n{whole}", f"/a~1b~0\n{json.dumps({'a/b~': 1})}", f"\n{whole}"],
        "front": [
            get.format(f"/metadata/identity/oauth2/token?{query}", "Metadata: true\r\n"),
            get.format("/metadata/instance/compute/name?api-version=2021-02-01&format=text", "Metadata: true\r\nVia: x\r\n"),
            get.format("/MSI/token?api-version=2019-08-01&resource=r", "X-IDENTITY-HEADER: 5ecret-5ecret-5ecret\r\n"),
            "POST /5ecret-5ecret-5ecret/oauth2/token HTTP/1.1\r\nHost: localhost:40000\r\nMetadata: true\r\nContent-Length: 10\r\n\r\nresource=r",
        ],
        "bridge_rules": rules(),
        "git_credential": ["protocol=https\nhost=dev.azure.com\ncapability[]=authtype\n\n", "protocol=https\r\nhost=o.visualstudio.com:443\nusername=u\n", "protocol=http\nhost=github.com\n"],
        **made(),
    }
    texts["token"] += tokens[:2]
    inputs = {name: [text.encode() for text in found] for name, found in texts.items()}
    inputs["redaction"] = [bytes([20]) + bytes((letter * 7 + step) % 256 for letter in letters[:32]) + bytes([step, step * 3, step * 5] * 6) for step in range(6)]
    v4 = bytes([2, 0, 0, 80, 169, 254, 169, 254]) + bytes(8)
    inputs["address"] = [v4, bytes([10, 0, 0, 80, 0, 0, 0, 0]) + bytes(10) + b"\xff\xff\xa9\xfe\xa9\xfe" + bytes(4), v4[:15]]
    return inputs


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    count = 0
    for target, inputs in targets().items():
        folder = CORPUS / target
        folder.mkdir(parents=True)
        for number, content in enumerate(dict.fromkeys(inputs)):
            (folder / f"{number:02}").write_bytes(content)
            count += 1
    print(f"{count} inputs for {len(targets())} targets")


if __name__ == "__main__":
    main()
