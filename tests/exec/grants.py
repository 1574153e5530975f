"""What is granted."""

import json
import os

from harness import *


@test("token-curl")
def token_curl():
    answer = token_of(inside(curl(TOKEN_TARGET)))
    assert sorted(answer) == sorted(
        "access_token client_id expires_in expires_on ext_expires_in not_before resource token_type".split()
    ), answer
    assert all(isinstance(value, str) for value in answer.values()), answer
    assert answer["expires_on"].isdigit() and answer["resource"] == STORAGE and answer["token_type"] == "Bearer"
    assert answer["access_token"] in agent("/emulator/secrets"), "it is the service's own token, unchanged"
    for interface in (["--interface", "lo"], ["--interface", "127.0.0.1"], ["--http1.0"], ["--tcp-fastopen"]):
        token_of(inside(curl(TOKEN_TARGET, *interface)))


@test("v4-mapped-v6")
def v4_mapped():
    program = compiled("sockets.c")
    done = inside([program, "v4-mapped"])
    assert done.returncode == 0, done.stdout + done.stderr


@test("uami-confirmed")
def uami_confirmed():
    for selector in (f"client_id={USER_ASSIGNED}", f"clientid={USER_ASSIGNED}", f"mi_res_id={USER_ASSIGNED_ID}",
                     f"msi_res_id={USER_ASSIGNED_ID}"):
        answer = token_of(inside(curl(f"{TOKEN_TARGET}&{selector}")))
        assert answer["client_id"] == USER_ASSIGNED, (selector, answer["client_id"])
    answer = token_of(inside(curl(TOKEN_TARGET), "--client-id", USER_ASSIGNED))
    assert answer["client_id"] == USER_ASSIGNED


@test("hundred-asks-one-handshake")
def one_handshake():
    agent("/emulator/requests", method="DELETE")
    done = inside(["sh", "-c", 'for i in $(seq 100); do "$@" >/dev/null & pids="$pids $!"; done; for p in $pids; do wait $p || exit 1; done',
                   "sh", *curl(TOKEN_TARGET)])
    assert done.returncode == 0, done.stderr
    assert handshakes() == 1, handshakes()


@test("appservice-2019")
def app_service_2019():
    command = ["sh", "-c", 'curl -sS -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=$1"']
    done = run(himds_exec("--mode", "env", "--", *command, "sh", STORAGE))
    answer = token_of(done)
    assert answer["expires_on"].isdigit() and answer["resource"] == STORAGE


@test("appservice-2017")
def app_service_2017():
    command = ["sh", "-c", 'curl -sS -H "secret: $MSI_SECRET" "$MSI_ENDPOINT?api-version=2017-09-01&resource=$1"']
    answer = token_of(run(himds_exec("--mode", "env", "--", *command, "sh", STORAGE)))
    assert answer["expires_on"].endswith(" +00:00"), answer["expires_on"]


@test("cloudshell-only-if-enabled")
def cloud_shell():
    command = ["sh", "-c", 'curl -sS -H Metadata:true -d "resource=$1" "${MSI_ENDPOINT:-http://169.254.169.254/oauth2/token}"', "sh", STORAGE]
    for mode in ("connect", "env"):
        token_of(run(himds_exec("--mode", mode, "--cloud-shell", "--", *command)))
    refused = json.loads(inside(command).stdout)
    assert "access_token" not in refused and refused["error"] == "invalid_request", refused


@test("set-env-holds-a-token")
def set_env():
    for mode in ("connect", "env"):
        done = run(himds_exec("--mode", mode, "--set-env", f"PGPASSWORD={STORAGE}", "--", "sh", "-c", "echo $PGPASSWORD"))
        assert is_token(done.stdout.strip()), done.stderr
    agent_gone = run(himds_exec("--endpoint", "http://127.0.0.1:9", "--source", "himds", "--set-env", f"A={STORAGE}", "--", "echo", "ran"))
    assert (agent_gone.returncode, agent_gone.stdout) == (125, ""), agent_gone


@test("metadata-has-a-vms-members")
def metadata():
    document = json.loads(inside(curl(INSTANCE_TARGET)).stdout)
    assert document["compute"]["name"] == "arc-demo" and document["compute"]["vmSize"] == ""
    assert document["network"]["interface"] == []
    leaf = inside(curl("/metadata/instance/compute/location?api-version=2021-02-01&format=text"))
    assert leaf.stdout == "westeurope", leaf
    info = json.loads(inside(curl("/metadata/identity/info?api-version=2018-02-01")).stdout)
    assert list(info) == ["tenantId"], info
    assert "2021-02-01" in json.loads(inside(curl("/metadata/versions")).stdout)["apiVersions"]


@test("environment-of-the-command")
def variables():
    set_by_agent = {"IDENTITY_ENDPOINT": "http://localhost:40342/metadata/identity/oauth2/token", "IMDS_ENDPOINT": "http://localhost:40342"}
    shown = ["env"]
    connect = inside(shown, env=set_by_agent).stdout
    assert "IDENTITY_" not in connect and "IMDS_" not in connect and "MSI_" not in connect, connect
    env = run(himds_exec("--mode", "env", "--", *shown), env=set_by_agent).stdout
    assert "IDENTITY_HEADER=" in env and "IMDS_ENDPOINT" not in env and "40342" not in env, env


@test("auto-takes-connect-and-says-so")
def auto():
    done = run(himds_exec("--verbose", "--", *curl(TOKEN_TARGET)))
    token_of(done)
    assert "mode connect" in done.stderr and f"resource={STORAGE}" in done.stderr, done.stderr
    assert "eyJ" not in done.stderr, "a log has no token"
