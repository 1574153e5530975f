"""An https server that stands in for Azure DevOps: git http-backend behind a check of the credential.

usage: devops.py DIRECTORY GIT TOKEN: serves the repositories below DIRECTORY/repos with DIRECTORY/{cert,key}.pem, prints its
port, and appends to DIRECTORY/log what each request authorised itself with: none, basic, bearer or wrong.
"""

import base64
import os
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

directory, git, token = Path(sys.argv[1]), sys.argv[2], sys.argv[3]


class Handler(BaseHTTPRequestHandler):
    """Asks for a credential first, as Azure DevOps does, and takes the token in either form."""

    def do_GET(self) -> None:
        used = self._credential()
        with (directory / "log").open("a") as log:
            log.write(f"{used}\n")
        if used not in ("basic", "bearer"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("WWW-Authenticate", 'Basic realm="devops"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._run_backend()

    do_POST = do_GET

    def _credential(self) -> str:
        scheme, _, credential = self.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return "none"
        if scheme == "Bearer" and credential == token:
            return "bearer"
        if scheme == "Basic" and base64.b64decode(credential).decode().partition(":")[2] == token:
            return "basic"
        return "wrong"

    def _run_backend(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(directory / "repos"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REMOTE_USER": "himds",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run([git, "http-backend"], input=body, capture_output=True, env=environment, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
