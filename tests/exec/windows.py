"""`himds.exe` under Wine; windows.sh makes what this needs."""

import functools
import json
import os
import subprocess
import tempfile

from harness import LIMIT, PROGRAMS, STORAGE, USER_ASSIGNED, VAULT, is_token, test, until

WINE = os.path.join(PROGRAMS, "../../../tools/wine.sh")
DIRECTORY = os.environ["HIMDS_WINDOWS_PROGRAMS"]
PYTHON = os.environ["HIMDS_WINDOWS_PYTHON"]
HIMDS = os.path.join(DIRECTORY, "himds.exe")
# Starting a program takes Wine a second or two.
PATIENCE = 4 * LIMIT
# A client of each App Service version, told by variables alone. Prints status and answer.
ASK = r"""
import os, sys, urllib.error, urllib.request
endpoint, header, secret, version, resource = sys.argv[1:]
url = f"{os.environ[endpoint]}?api-version={version}&resource={resource}"
request = urllib.request.Request(url, headers={header: os.environ.get(secret, secret), "Metadata": "true"})
try:
    with urllib.request.urlopen(request, timeout=60) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as refusal:
    print(refusal.code, refusal.read().decode())
"""
APP_SERVICE_2019 = ("IDENTITY_ENDPOINT", "X-IDENTITY-HEADER", "IDENTITY_HEADER", "2019-08-01")
APP_SERVICE_2017 = ("MSI_ENDPOINT", "secret", "MSI_SECRET", "2017-09-01")


@functools.cache
def emulator():
    """The options that lead to an emulator, a Windows program, which ends when this process does."""
    work = tempfile.mkdtemp()
    ready = os.path.join(work, "ready")
    config = os.path.join(PROGRAMS, "../emulator.toml")
    command = [WINE, os.path.join(DIRECTORY, "himds-emulator.exe"), "--no-imds", "--end-with-stdin", "--config", windows(config), "--ready-file", windows(ready)]
    emulator.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: emulator.process.poll() is not None or os.path.exists(ready), "the emulator is ready")
    with open(ready) as file:
        addresses = json.load(file)
    return ["--source", "himds", "--endpoint", addresses["himds"], "--token-dir", addresses["token_dir"]]


def windows(path):
    return "Z:" + os.path.abspath(path).replace("/", "\\")


def himds(subcommand, *arguments, env=None, **more):
    more.setdefault("input", "")
    return subprocess.run([WINE, HIMDS, subcommand, *emulator(), *arguments], env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=PATIENCE, **more)


def inside(command, *options, **more):
    return himds("exec", *options, "--", *command, **more)


def ask(service, resource=STORAGE, *options):
    """What a service of mode env answers: status and document."""
    done = inside([windows(PYTHON), "-c", ASK, *service, resource], *options)
    assert done.returncode == 0, done
    status, _, body = done.stdout.partition(" ")
    return int(status), json.loads(body)


def client(case, *options, **env):
    done = inside([windows(PYTHON), windows(os.path.join(PROGRAMS, "sdk.py")), case], *options, env=env)
    assert done.returncode == 0 and is_token(done.stdout.strip()), (case, done.stdout[-2000:], done.stderr[-3000:])


@test("windows-token")
def token():
    done = himds("token", "--resource", STORAGE)
    assert done.returncode == 0 and is_token(done.stdout.strip()) and done.stderr == "", done
    selected = json.loads(himds("claims", "--stdin", "--json", input=himds("token", STORAGE, "--client-id", USER_ASSIGNED).stdout).stdout)
    assert selected["appid"] == USER_ASSIGNED, selected


@test("windows-appservice-2019")
def app_service_2019():
    status, answer = ask(APP_SERVICE_2019)
    assert status == 200 and is_token(answer["access_token"]) and answer["expires_on"].isdigit(), answer


@test("windows-appservice-2017")
def app_service_2017():
    status, answer = ask(APP_SERVICE_2017)
    assert status == 200 and is_token(answer["access_token"]) and answer["expires_on"].endswith(" +00:00"), answer


@test("windows-wrong-secret")
def wrong_secret():
    status, answer = ask(("IDENTITY_ENDPOINT", "X-IDENTITY-HEADER", "0" * 64, "2019-08-01"))
    assert status == 403 and "access_token" not in answer, answer


@test("windows-child-cannot-exceed-resource")
def resource_not_listed():
    status, answer = ask(APP_SERVICE_2019, VAULT, "--resource", STORAGE)
    assert status == 403 and "--resource" in answer["error_description"], answer


@test("windows-no-agent-says-diagnose")
def no_agent():
    status, answer = ask(APP_SERVICE_2019, STORAGE, "--endpoint", "http://127.0.0.1:9")
    assert status == 503 and "himds diagnose" in answer["error_description"], answer


@test("windows-azure-identity")
def azure_identity():
    """It takes IDENTITY_ENDPOINT and IDENTITY_HEADER for App Service's."""
    client("azure-identity")


@test("windows-msrestazure")
def msrestazure():
    client("msrestazure", APPSETTING_WEBSITE_SITE_NAME="site")
    client("msrestazure", "--cloud-shell")


@test("windows-environment-of-the-command")
def variables():
    agent = {"IMDS_ENDPOINT": "http://localhost:40342", "IDENTITY_ENDPOINT": "http://localhost:40342/metadata/identity/oauth2/token",
             "IDENTITY_SERVER_THUMBPRINT": "x"}
    done = inside(["cmd", "/c", "set"], "--set-env", f"TOKEN={STORAGE}", env=agent)
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert is_token(shown["TOKEN"]) and shown["IDENTITY_ENDPOINT"] == shown["MSI_ENDPOINT"], done
    assert "40342" not in done.stdout and "IMDS_ENDPOINT" not in shown and "IDENTITY_SERVER_THUMBPRINT" not in shown, done


@test("windows-standard-streams-and-arguments")
def streams():
    arguments = ["", "a b", 'c"d', "e\\", "%PATH%", "--json", "--", "ä"]
    script = "import sys; sys.stdout.reconfigure(encoding='utf-8'); print(sys.argv[1:]); print(sys.stdin.read()); print('err', file=sys.stderr)"
    done = inside([windows(PYTHON), "-c", script, *arguments], input="in")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{arguments}\nin\n", "err\n"), done


@test("windows-ctrl-c-is-the-commands")
def ctrl_c():
    with tempfile.TemporaryDirectory() as work:
        program = os.path.join(work, "console.exe")
        source = os.path.join(PROGRAMS, "console.c")
        subprocess.run(["x86_64-w64-mingw32-gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", source, "-o", program], check=True)
        command = " ".join([windows(HIMDS), "exec", *emulator(), "--", windows(program), "wait"])
        done = subprocess.run([WINE, program, command], input="", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ("ended with 7\n", ""), done


@test("windows-log-has-no-token")
def verbose():
    done = inside(["cmd", "/c", "exit 0"], "--verbose")
    assert "himds exec: mode env: the variables point to 127.0.0.1:" in done.stderr, done
    done = inside([windows(PYTHON), "-c", ASK, *APP_SERVICE_2019, STORAGE], "--verbose")
    assert " 200 GET /MSI/token " in done.stderr and "eyJ" not in done.stderr and f"resource={STORAGE}" in done.stderr, done
