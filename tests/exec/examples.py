"""The files in examples/tools, as they are."""

import json
import os
import subprocess

from clients import Storage
from harness import *

EXAMPLES = os.path.join(HERE, "../../examples/tools")


def example(name):
    return os.path.normpath(os.path.join(EXAMPLES, name))


def with_himds(**more):
    """The command himds in the path."""
    return {"PATH": os.path.dirname(os.environ["HIMDS_EXEC"].split()[0]) + ":" + os.environ["PATH"], **more}


@test("examples-are-well-formed")
def well_formed():
    for name in sorted(os.listdir(EXAMPLES)):
        path = example(name)
        if name.endswith(".json"):
            with open(path) as file:
                assert json.load(file)["type"] == "external_account"
        if name.endswith(".sh"):
            assert os.access(path, os.X_OK), name
            subprocess.run(["sh", "-n", path], check=True)
    listed = subprocess.run(["git", "config", "--file", example("gitconfig"), "--list"], check=True, stdout=subprocess.PIPE, text=True)
    assert listed.stdout.endswith("credential.https://dev.azure.com.helper=!himds git-credential\n"), listed
    need("shellcheck")
    subprocess.run(["shellcheck", *(example(name) for name in os.listdir(EXAMPLES) if name.endswith(".sh"))], check=True)


@test("example-rclone")
def rclone():
    need("rclone", "openssl")
    source = os.path.join(work(), "to-copy")
    os.makedirs(source, exist_ok=True)
    with Storage(tls=True) as storage:
        env = with_himds(SSL_CERT_FILE=storage.certificate, RCLONE_CONFIG_AZURE_ACCOUNT="account", RCLONE_LOW_LEVEL_RETRIES="1", RCLONE_RETRIES="1",
                         RCLONE_CONFIG_AZURE_ENDPOINT=f"storage.test:{storage.port}")
        done = run([example("rclone.sh"), source, "container"], env=env)
        storage.bearer(done)


@test("example-aws")
def aws():
    """A security token service of ours sees the token; the command gets what it gives."""
    python = os.environ.get("HIMDS_EXEC_PYTHON")
    if not python:
        raise Skipped("the Python clients not found: make test-exec-clients installs them")
    script = "import botocore.session; print(botocore.session.Session().create_client('sts').get_caller_identity()['UserId'])"
    with SecurityTokenService() as sts:
        env = with_himds(AWS_ENDPOINT_URL_STS=sts.url, AWS_DEFAULT_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true", NO_PROXY="127.0.0.1")
        done = run([example("aws.sh"), "arn:aws:iam::123456789012:role/arc", python, "-c", script], env=env)
    assert done.returncode == 0 and done.stdout == "AROA:arc\n", done
    role, token = sts.assumed[0]
    assert role == "arn:aws:iam::123456789012:role/arc" and token in agent("/emulator/secrets"), role
    assert not [name for name in os.listdir(work()) if name.startswith("tmp.")], "the token's file is gone"


class SecurityTokenService:
    """AWS's, as far as this needs it."""

    CREDENTIALS = ("<AssumeRoleWithWebIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleWithWebIdentityResult><Credentials>"
                   "<AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                   "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
    IDENTITY = ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult><Arn>a</Arn><UserId>AROA:arc</UserId>"
                "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")

    def __enter__(self):
        import http.server
        import threading
        import urllib.parse

        self.assumed = assumed = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                body = SecurityTokenService.IDENTITY
                if form["Action"] == "AssumeRoleWithWebIdentity":
                    assumed.append((form["RoleArn"], form["WebIdentityToken"]))
                    body = SecurityTokenService.CREDENTIALS
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
