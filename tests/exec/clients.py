"""Other makers' clients, which know only a VM's address. None is told anything: each takes its default."""

import json
import os
import subprocess

from harness import *

PYTHON_CLIENTS = os.environ.get("HIMDS_EXEC_PYTHON")
NODE_CLIENTS = os.environ.get("HIMDS_EXEC_NODE")


def python_client(case, *options, mode="connect", env=None):
    if not PYTHON_CLIENTS:
        raise Skipped("the Python clients not found: make test-exec-clients installs them")
    program = os.path.join(PROGRAMS, "sdk.py")
    done = run(himds_exec("--mode", mode, *options, "--", PYTHON_CLIENTS, program, case), env=env)
    assert done.returncode == 0, (case, done.stdout[-2000:], done.stderr[-3000:])
    return done.stdout


def node_client(case, *options):
    if not NODE_CLIENTS:
        raise Skipped("the Node clients not found: make test-exec-clients installs them")
    done = inside(["node", os.path.join(NODE_CLIENTS, "sdk.mjs"), case], *options)
    assert done.returncode == 0, (case, done.stdout[-2000:], done.stderr[-3000:])
    return done.stdout.strip()


@test("rclone")
def rclone():
    rclone_with()


@test("rclone-mi-res-id")
def rclone_mi_res_id():
    rclone_with("msi_mi_res_id", USER_ASSIGNED_ID, USER_ASSIGNED)


def rclone_with(option=None, value=None, client_id=None):
    """The bearer reaches a storage of ours."""
    need("rclone")
    config = os.path.join(work(), "rclone.conf")
    with Storage(tls=True) as storage:
        with open(config, "w") as file:
            file.write(f"[azure]\ntype = azureblob\naccount = account\nuse_msi = true\nendpoint = storage.test:{storage.port}\n")
            if option:
                file.write(f"{option} = {value}\n")
        os.chmod(config, 0o644)
        done = inside(["rclone", "--config", config, "--retries", "1", "--low-level-retries", "1", "lsd", "azure:"], "--verbose",
                      env={"SSL_CERT_FILE": storage.certificate})
        assert "200 GET /metadata/identity/oauth2/token" in done.stderr, done.stderr
        token = storage.bearer(done)
    if client_id:
        assert claims(token)["appid"] == client_id, claims(token)


@test("gdal-storage-sees-bearer")
def gdal():
    need("gdalinfo")
    with Storage() as storage:
        done = inside(["gdalinfo", "/vsiaz/container/file.tif"], env={
            "AZURE_STORAGE_CONNECTION_STRING": "", "AZURE_STORAGE_ACCOUNT": "account", "CPL_AZURE_USE_HTTPS": "NO",
            "CPL_AZURE_ENDPOINT": storage.url.removeprefix("http://"), "CPL_AZURE_CREDS_ENV": "1", "CPL_DEBUG": "AZURE"})
        storage.bearer(done)


@test("prometheus-arm-sees-bearer")
def prometheus():
    need("prometheus")
    directory = os.path.join(work(), "prometheus")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, 0o777)
    with Storage() as arm:
        environment_file = os.path.join(directory, "environment.json")
        with open(environment_file, "w") as file:
            json.dump({"name": "AzureStackCloud", "resourceManagerEndpoint": arm.url, "activeDirectoryEndpoint": arm.url,
                       "tokenAudience": "https://management.azure.com/",
                       "resourceIdentifiers": {"graph": "N/A", "keyVault": "N/A", "datalake": "N/A", "batch": "N/A", "operationalInsights": "N/A", "storage": "N/A"}}, file)
        config = os.path.join(directory, "prometheus.yml")
        with open(config, "w") as file:
            file.write("scrape_configs:\n- job_name: azure\n  azure_sd_configs:\n  - environment: AZURESTACKCLOUD\n"
                       "    authentication_method: ManagedIdentity\n    subscription_id: 00000000-0000-0000-0000-00000000abcd\n    refresh_interval: 1s\n")
        os.chmod(config, 0o644)
        os.chmod(environment_file, 0o644)
        child = subprocess.Popen([*as_user(), *himds_exec("--", "prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/data",
                                  "--web.listen-address=127.0.0.1:19090")], env=environment(AZURE_ENVIRONMENT_FILEPATH=environment_file),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            until(lambda: arm.tokens, "ARM sees the bearer")
        finally:
            child.terminate()
            errors = child.communicate(timeout=LIMIT)[1]
        assert is_token(arm.tokens[0]), errors


@test("msrestazure")
def msrestazure():
    for case in ("msrestazure", "msrestazure-client-id", "msrestazure-resource-id"):
        assert is_token(python_client(case).strip()), case
    # It takes MSI_ENDPOINT for Cloud Shell's unless App Service is named.
    token = python_client("msrestazure", mode="env", env={"APPSETTING_WEBSITE_SITE_NAME": "site"})
    assert is_token(token.strip()), "by MSI_ENDPOINT and MSI_SECRET"
    assert is_token(python_client("msrestazure", "--cloud-shell").strip()), "by Cloud Shell's POST"


@test("azure-identity-1.3.1-probe-then-token")
def azure_identity_1_3_1():
    assert is_token(python_client("azure-identity").strip())
    assert is_token(python_client("azure-identity", mode="env").strip())


@test("pymongo-unescaped")
def pymongo():
    assert is_token(python_client("pymongo").strip())


@test("obstore-storage-sees-bearer")
def obstore():
    with Storage() as storage:
        python_client("obstore", env={"STORAGE": storage.url})
        assert is_token(storage.tokens[0])


@test("js-identity-empty-cookie")
def js_identity():
    assert is_token(node_client("identity"))


@test("nodeauth-content-type")
def nodeauth():
    assert is_token(node_client("nodeauth"))


class Storage:
    """A service on loopback that notes the bearer tokens it is sent, and has nothing. With TLS it is account.storage.test."""

    def __init__(self, tls=False):
        self.certificate = certificate() if tls else None

    def __enter__(self):
        import http.server
        import ssl
        import threading

        self.tokens = tokens = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")
                if scheme == "Bearer":
                    tokens.append(token)
                body = b'{"value":[]}' if self.path.startswith("/subscriptions") else b"<EnumerationResults><Containers/><Blobs/><NextMarker/></EnumerationResults>"
                self.send_response(200)
                self.send_header("Content-Type", "application/xml" if body[:1] == b"<" else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.certificate + ".key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def bearer(self, done):
        assert self.tokens, ("the storage has seen no bearer", done.stdout[-2000:], done.stderr[-3000:])
        assert is_token(self.tokens[0]), self.tokens
        return self.tokens[0]


def certificate():
    """A certificate that is its own authority."""
    need("openssl")
    path = os.path.join(work(), "storage.pem")
    if not os.path.exists(path):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=storage.test", "-addext",
                        "subjectAltName=DNS:account.storage.test", "-keyout", path + ".key", "-out", path], check=True, stderr=subprocess.DEVNULL)
        os.chmod(path, 0o644)
    return path


def claims(token):
    import base64

    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
