"""What docs/python-from-azure-identity.md says of azure-identity is so, and ours is as it says."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

import machine
from emulator import CONFIG, USER_ASSIGNED
from machine import AGENT, TOKENS, agent

pytestmark = pytest.mark.isolated

SYSTEM_ASSIGNED = "3d2b7c1e-6a41-4c55-8a0e-51a1f00d0002"
HERE = Path(__file__).parent


def outcome(
    library: str, *arguments: str, config: str = "", before: str = "", prefix: str = "", once_up: str = "true"
) -> dict[str, Any]:
    """What one library makes of an agent with this configuration."""
    command = f"{shlex.quote(sys.executable)} {HERE}/outcome.py {library}"
    command = f"env {prefix} {command} {shlex.join(arguments)}"
    command = f"sh -c {shlex.quote(f'{once_up} && exec {command}')}"
    done = machine.run(AGENT + TOKENS + before + agent(command, config + CONFIG, variables=True))
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


both = pytest.mark.parametrize("library", ["himds", "azure-identity"])


@both
def test_system_assigned(library: str) -> None:
    answer = outcome(library)
    assert answer["oid"] == SYSTEM_ASSIGNED, answer
    assert answer["requests"] == 2


@both
@pytest.mark.parametrize("selector", ["client_id", "object_id", "resource_id"])
def test_user_assigned(library: str, selector: str) -> None:
    answer = outcome(library, f"{selector}={USER_ASSIGNED[selector]}")
    assert answer["oid"] == USER_ASSIGNED["object_id"], answer
    assert answer["requests"] == 2


@both
def test_an_old_agent_that_ignores_selectors_is_not_believed(library: str) -> None:
    config = '[himds]\nuser_assigned = "ignored"\n'
    assert "error" in outcome(library, f"client_id={USER_ASSIGNED['client_id']}", config=config)


def test_fifty_threads() -> None:
    assert outcome("himds", "threads=50")["requests"] == 2
    assert outcome("azure-identity", "threads=50")["requests"] > 2


@both
def test_a_proxy_in_the_environment(library: str) -> None:
    answer = outcome(library, prefix="HTTP_PROXY=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9")
    assert ("oid" in answer) == (library == "himds"), answer


@both
def test_a_200_without_a_challenge(library: str) -> None:
    """Both refuse it; what the other one's error shows is a token."""
    answer = outcome(library, config="[[fault]]\nno_challenge = true\ncount = 0\n")
    assert "error" in answer
    assert ("eyJ" in answer["text"]) == (library == "azure-identity")


@both
def test_a_key_file_that_is_a_link(library: str) -> None:
    fault = '[[fault]]\non = "challenge"\nkey = { kind = "symlink" }\ncount = 0\n'
    assert ("error" in outcome(library, config=fault)) == (library == "himds")


@both
def test_a_directory_that_everybody_may_write_to(library: str) -> None:
    # The emulator itself would not start with such a directory.
    once_up = "chmod 777 /var/opt/azcmagent/tokens"
    assert ("error" in outcome(library, once_up=once_up)) == (library == "himds")


@both
def test_a_redirect(library: str) -> None:
    headers = 'headers = [["Location", "/metadata/identity/oauth2/elsewhere"]]'
    answer = outcome(library, config=f'[[fault]]\non = "challenge"\nstatus = 307\n{headers}\nbody = ""\n')
    assert "error" in answer, answer
    assert answer["requests"] == 1


@both
def test_an_empty_client_id(library: str) -> None:
    """A variable that is not set becomes an empty text in many a deployment."""
    if library == "himds":
        import himds

        with pytest.raises(himds.InvalidArgumentError):
            himds.ManagedIdentityCredential(client_id="")
    else:
        assert outcome(library, "client_id=")["oid"] == SYSTEM_ASSIGNED


CHAIN = """
import sys
from azure.identity import ChainedTokenCredential, ManagedIdentityCredential as Theirs
from himds import ManagedIdentityCredential as Ours
credential = Ours() if sys.argv[1] == "himds" else Theirs()
try:
    ChainedTokenCredential(credential).get_token("https://vault.azure.net/.default")
    print("found")
except Exception:
    print("not found")
"""


@both
def test_a_chain_in_a_login_shell(library: str) -> None:
    """The agent is there, its variables are not: systemd gives them to services only."""
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(CHAIN)} {library}"
    # The address of IMDS leads nowhere, as on a server that is not an Azure VM.
    done = machine.run(AGENT + TOKENS + agent(command, CONFIG))
    assert done.stdout.strip() == ("found" if library == "himds" else "not found"), done.stderr
