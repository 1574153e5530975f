"""``himds diagnose`` names what is wrong and what to do, for things that really are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

import machine
from emulator import Emulator, program
from machine import AGENT, AS_APP, TOKENS, agent, azure_vm, diagnosis, himds

pytestmark = pytest.mark.isolated

DIAGNOSE = himds("diagnose", "--json", "--timeout", "5")
DIAGNOSE_ON_HIMDS = himds("diagnose", "--json", "--source", "himds", "--timeout", "5")
DIAGNOSE_AS_APP = himds("diagnose", "--json", "--timeout", "5", prefix=AS_APP)


def found(answer: dict[str, Any], *words: str, status: str | None = None) -> dict[str, Any]:
    """The finding, other than an `ok`, that has all these words."""
    for finding in answer["findings"]:
        text = (finding["detail"] + "\n" + finding["fix"]).lower()
        wanted = finding["status"] == status if status else finding["status"] != "ok"
        if wanted and all(word.lower() in text for word in words):
            return finding
    raise AssertionError(f"no finding has {words}: {json.dumps(answer, indent=1)}")


def test_all_is_well() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE))
    assert answer["ok"]
    assert answer["source"] == "himds"
    assert [finding for finding in answer["findings"] if finding["status"] != "ok"] == []


def test_no_agent() -> None:
    answer = diagnosis(DIAGNOSE)
    assert not answer["ok"]
    found(answer, "azcmagent")


def test_agent_stopped() -> None:
    answer = diagnosis(AGENT + TOKENS + DIAGNOSE)
    assert not answer["ok"]
    assert answer["source"] == "himds"
    found(answer, "40342", "systemctl", status="failed")


def test_somebody_else_on_the_agents_port() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE, program=program()))
    found(answer, "40342", "himds-emulator", status="warning")


def test_not_in_the_group() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE_AS_APP))
    assert not answer["ok"]
    found(answer, "usermod -aG himds app", status="failed")


def test_in_etc_group_but_not_in_this_process() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE_AS_APP), members="app")
    assert not answer["ok"]
    found(answer, "log in again", status="failed")


def test_in_the_group() -> None:
    command = DIAGNOSE_AS_APP.replace("--clear-groups", "--groups=61998")
    assert diagnosis(AGENT + TOKENS + agent(command), members="app")["ok"]


def test_token_directory_closed_by_its_mode() -> None:
    """Root's own agent, but nobody else may enter, the group included."""
    command = DIAGNOSE_AS_APP.replace("--clear-groups", "--groups=61998")
    script = AGENT + TOKENS + "chmod 700 /var/opt/azcmagent/tokens\n" + agent(command)
    answer = diagnosis(script, members="app")
    assert not answer["ok"]
    assert "0700" in json.dumps(answer)
    found(answer, "mode keeps the group out", "chmod g+rx", status="failed")


def test_token_directory_writable_by_others() -> None:
    # Once it runs: the emulator does not start with such a directory.
    script = f"{AGENT}{TOKENS}cat > /inside.sh <<'END'\nchmod 777 /var/opt/azcmagent/tokens\n{DIAGNOSE}\nEND\n"
    answer = diagnosis(script + agent("sh /inside.sh"))
    assert not answer["ok"]
    found(answer, "/var/opt/azcmagent/tokens", "chmod")


def test_container_without_the_directory() -> None:
    """The host's network, and so the agent's port, is there; the directory is not."""
    hide = "touch /run/.containerenv; mount -t tmpfs none /var/opt/azcmagent; rm -r /opt/azcmagent\n"
    script = f"{AGENT}{TOKENS}cat > /inside.sh <<'END'\n{hide}{DIAGNOSE_ON_HIMDS}\nEND\n"
    # Of the container only what counts is made: a mount namespace below this one.
    answer = diagnosis(script + agent("unshare --mount --propagation private sh /inside.sh"))
    assert not answer["ok"]
    found(answer, "/var/opt/azcmagent/tokens", "mount")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_told_and_ignored(name: str) -> None:
    answer = diagnosis(AGENT + TOKENS + agent(f"env {name}=http://127.0.0.1:9 {DIAGNOSE}"))
    assert answer["ok"]
    assert name in json.dumps(answer)


@pytest.mark.parametrize("name", ["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"])
def test_half_set_environment(name: str) -> None:
    answer = diagnosis(AGENT + TOKENS + agent(f"env {name}=http://127.0.0.1:40342 {DIAGNOSE}"))
    found(answer, name, status="warning")


def test_another_host() -> None:
    answer = diagnosis(f"env IDENTITY_ENDPOINT=http://127.0.0.1:1/ IDENTITY_HEADER=x {DIAGNOSE}")
    assert not answer["ok"]
    assert answer["source"] == ""
    found(answer, "App Service", status="failed")


@pytest.mark.parametrize(("preset", "name"), [("ec2", "EC2"), ("google", "Google"), ("openstack", "OpenStack")])
def test_another_cloud(preset: str, name: str) -> None:
    faults = f'[[fault]]\non = "any"\ncount = 0\npreset = "{preset}"\n'
    answer = diagnosis(azure_vm(DIAGNOSE, faults))
    assert not answer["ok"]
    found(answer, name, status="failed")


def test_wrong_api_version() -> None:
    """An agent so old that it knows none of the versions that this library speaks."""
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE, '[himds]\napi_versions = ["2019-01-01"]\n'))
    assert not answer["ok"]
    found(answer, "api-version")


def test_older_api_version_still_works() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE, '[himds]\napi_versions = ["2019-11-01", "2019-08-15"]\n'))
    assert answer["ok"]
    assert "2019-11-01" in json.dumps(answer)


@pytest.mark.parametrize("skew", [3600, -3600])
def test_clock_skew(skew: int) -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE, f"clock_skew = {skew}\n"))
    assert answer["ok"]
    found(answer, "clock", status="warning")


def test_imds() -> None:
    answer = diagnosis(azure_vm(DIAGNOSE))
    assert answer["ok"]
    assert answer["source"] == "imds"


def test_the_identity_that_the_token_names() -> None:
    answer = diagnosis(AGENT + TOKENS + agent(DIAGNOSE))
    assert "8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001" in json.dumps(answer)


def test_as_text() -> None:
    done = machine.run(AGENT + TOKENS + agent(himds("diagnose", "--timeout", "5", prefix=AS_APP)))
    assert done.returncode == 1
    assert "-> " in done.stdout
    assert "usermod -aG himds app" in done.stdout
    assert "no token is available" in done.stdout


def test_no_secret_is_shown(emulator: Emulator) -> None:
    answer = json.dumps(emulator.client().diagnose())
    secrets = emulator.secrets()
    assert secrets
    assert [secret for secret in secrets if secret in answer] == []
