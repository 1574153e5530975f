"""Other makers' clients as a service that is allowed. They know only a VM's address; the redirect leads them to the bridge."""

import json
import os
import subprocess


import harness
from bridge import *

# The stand-ins for the services that take the token, and the programs. Its tests are those of himds exec.
registered = len(harness.TESTS)
import clients as of_exec

del harness.TESTS[registered:]
EXEC_PROGRAMS = harness.PROGRAMS
ARM = "https://management.azure.com"
MANY = f"""
[[allow]]
name = "clients"
user = "t-backup"
resource = ["{STORAGE}", "{ARM}", "api://app/with"]
identity = ["system", "{USER_ASSIGNED}", "{USER_ASSIGNED_ID}"]
[limits]
rate = 1000
burst = 1000
"""


@functools.cache
def allowed():
    bridge = Bridge(MANY)
    bridge.redirect()
    return bridge


def python_client(case, env=None):
    allowed()
    if not of_exec.PYTHON_CLIENTS:
        raise Skipped("the Python clients not found: make test-bridge-clients installs them")
    done = run([of_exec.PYTHON_CLIENTS, os.path.join(EXEC_PROGRAMS, "sdk.py"), case], env=env)
    assert done.returncode == 0, (case, done.stdout[-2000:], done.stderr[-3000:])
    return done.stdout


def node_client(case):
    allowed()
    if not of_exec.NODE_CLIENTS:
        raise Skipped("the Node clients not found: make test-bridge-clients installs them")
    need("node")
    done = run(["node", os.path.join(of_exec.NODE_CLIENTS, "sdk.mjs"), case])
    assert done.returncode == 0, (case, done.stdout[-2000:], done.stderr[-3000:])
    return done.stdout.strip()


def bearer(service, command, **variables):
    """The token that the service has seen. Until then the client runs; what it makes of the answer is not the matter here."""
    child = subprocess.Popen([*as_user(BACKUP), *command], env=environment(**variables), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: service.tokens or child.poll() is not None, f"{command[0]} shows a token")
    finally:
        child.kill()
        errors = child.communicate(timeout=LIMIT)[1]
    assert service.tokens, (errors[-3000:], allowed().audit()[-3:])
    assert is_token(service.tokens[0])
    return service.tokens[0]


@test("rclone")
def rclone():
    rclone_with()


@test("rclone-mi-res-id")
def rclone_mi_res_id():
    rclone_with("msi_mi_res_id", USER_ASSIGNED_ID, USER_ASSIGNED)


def rclone_config(storage, option=None, value=None):
    path = os.path.join(work(), "rclone.conf")
    with open(path, "w") as file:
        file.write(f"[azure]\ntype = azureblob\naccount = account\nuse_msi = true\nendpoint = storage.test:{storage.port}\n")
        if option:
            file.write(f"{option} = {value}\n")
    os.chmod(path, 0o644)
    return ["rclone", "--config", path, "--retries", "1", "--low-level-retries", "1", "lsd", "azure:"]


def rclone_with(option=None, value=None, client_id=None):
    need("rclone")
    bridge = allowed()
    with of_exec.Storage(tls=True) as storage:
        token = bearer(storage, rclone_config(storage, option, value), SSL_CERT_FILE=storage.certificate)
    assert "granted rule=clients" in bridge.last(), bridge.last()
    if client_id:
        assert of_exec.claims(token)["appid"] == client_id, of_exec.claims(token)


@test("gdal-storage-sees-bearer")
def gdal():
    need("gdalinfo")
    allowed()
    with of_exec.Storage() as storage:
        done = run(["gdalinfo", "/vsiaz/container/file.tif"], env={
            "AZURE_STORAGE_CONNECTION_STRING": "", "AZURE_STORAGE_ACCOUNT": "account", "CPL_AZURE_USE_HTTPS": "NO",
            "CPL_AZURE_ENDPOINT": storage.url.removeprefix("http://"), "CPL_AZURE_CREDS_ENV": "1"})
        storage.bearer(done)


@test("prometheus-arm-sees-bearer")
def prometheus():
    need("prometheus")
    bridge = allowed()
    directory = os.path.join(work(), "prometheus")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, 0o777)
    with of_exec.Storage() as arm:
        # In such a cloud it requests a token for the address of ARM.
        bridge.reload(MANY.replace(f'"{ARM}"', f'"{arm.url}"'))
        environment_file, config = os.path.join(directory, "environment.json"), os.path.join(directory, "prometheus.yml")
        with open(environment_file, "w") as file:
            json.dump({"name": "AzureStackCloud", "resourceManagerEndpoint": arm.url, "activeDirectoryEndpoint": arm.url, "tokenAudience": ARM + "/",
                       "resourceIdentifiers": {"graph": "N/A", "keyVault": "N/A", "datalake": "N/A", "batch": "N/A", "operationalInsights": "N/A", "storage": "N/A"}}, file)
        with open(config, "w") as file:
            file.write("scrape_configs:\n- job_name: azure\n  azure_sd_configs:\n  - environment: AZURESTACKCLOUD\n"
                       "    authentication_method: ManagedIdentity\n    subscription_id: 00000000-0000-0000-0000-00000000abcd\n    refresh_interval: 1s\n")
        os.chmod(config, 0o644)
        os.chmod(environment_file, 0o644)
        bearer(arm, ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/data", "--web.listen-address=127.0.0.1:19090"],
               AZURE_ENVIRONMENT_FILEPATH=environment_file)
        bridge.reload(MANY)


@test("msrestazure")
def msrestazure():
    for case in ("msrestazure", "msrestazure-client-id", "msrestazure-resource-id"):
        assert is_token(python_client(case).strip()), case


@test("azure-identity-1.3.1-probe-then-token")
def azure_identity_1_3_1():
    assert is_token(python_client("azure-identity").strip())


@test("pymongo-unescaped")
def pymongo():
    assert is_token(python_client("pymongo").strip())


@test("obstore-storage-sees-bearer")
def obstore():
    with of_exec.Storage() as storage:
        python_client("obstore", env={"STORAGE": storage.url})
        assert is_token(storage.tokens[0])


@test("js-identity-empty-cookie")
def js_identity():
    assert is_token(node_client("identity"))


@test("nodeauth-content-type")
def nodeauth():
    assert is_token(node_client("nodeauth"))


@test("denied-makers-clients-give-up-within-1-s")
def denied():
    """Redirected, and allowed something else: the time from the question to the exception, without the imports."""
    if not of_exec.PYTHON_CLIENTS:
        raise Skipped("the Python clients not found: make test-bridge-clients installs them")
    bridge = allowed()
    bridge.reload(f'[[allow]]\nuser = "t-backup"\nresource = ["{VAULT}"]\n')
    try:
        script = f"""
import time
from azure.identity import ManagedIdentityCredential
from msrestazure.azure_active_directory import MSIAuthentication
def azure_identity():
    ManagedIdentityCredential().get_token("{STORAGE}/.default")
def msrestazure():
    MSIAuthentication(resource="{STORAGE}").set_token()
for client in (azure_identity, msrestazure):
    began = time.monotonic()
    try:
        client()
        print(client.__name__, "granted")
    except Exception:
        took = time.monotonic() - began
        print(client.__name__, ("refused late", "refused in time")[took < 1])
"""
        done = run([of_exec.PYTHON_CLIENTS, "-c", script])
        assert done.stdout == "azure_identity refused in time\nmsrestazure refused in time\n", (done.stdout, done.stderr[-2000:])
    finally:
        bridge.reload(MANY)
