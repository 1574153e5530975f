"""A machine of the test's own: a network and mount namespace in which the agent's real places and ports can be had."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from emulator import ROOT, program

# A private home directory must not keep another user from running this interpreter: it is covered by an empty one, in
# which only what is needed appears again.
SETUP = """
set -e
ip link set lo up
mount -t tmpfs none /opt
mount -t tmpfs none /var/opt
if [ -d /lib/systemd ]; then mount -t tmpfs none /lib/systemd; fi
mount -t tmpfs none /mnt
mkdir /mnt/root
mount --bind /root /mnt/root
mount -t tmpfs -o mode=755 none /root
for path in {needed}; do
    case $path in /root/*) mkdir -p "$path"; mount --bind "/mnt$path" "$path";; esac
done
cp /etc/group /mnt/group; echo 'himds:x:61998:{members}' >> /mnt/group; mount --bind /mnt/group /etc/group
cp /etc/passwd /mnt/passwd; echo 'app:x:61234:61234::/:/bin/sh' >> /mnt/passwd; mount --bind /mnt/passwd /etc/passwd
cd /
"""
AGENT = """
mkdir -p /opt/azcmagent/bin
printf '#!/bin/sh\\n' > /opt/azcmagent/bin/himds
chmod 755 /opt/azcmagent/bin/himds
"""
TOKENS = "install -d -m 0750 -g 61998 /var/opt/azcmagent /var/opt/azcmagent/tokens\n"
LINK_LOCAL = "ip addr add 169.254.169.254/32 dev lo\n"
# The emulator sets the agent's variables for its command; a login shell does not have them.
WITHOUT_VARIABLES = "env -u IDENTITY_ENDPOINT -u IMDS_ENDPOINT"
AS_APP = "setpriv --reuid=61234 --regid=61234 --clear-groups"


def himds(*arguments: str, prefix: str = "") -> str:
    """The command, as a shell has it."""
    return f"{prefix} {shlex.quote(sys.executable)} -m himds {shlex.join(arguments)}".strip()


def agent(command: str, config: str = "", *, variables: bool = False) -> str:
    """The agent's service on its real port, running while the command runs, with or without the agent's variables."""
    file = "/mnt/emulator.toml"
    write = f"cat > {file} <<'END'\n{config}\nEND\n"
    places = "--himds-port 40342 --no-imds --token-dir /var/opt/azcmagent/tokens"
    return f"{write}{program()} --config {file} {places} -- {'' if variables else WITHOUT_VARIABLES} {command}\n"


def azure_vm(command: str, config: str = "") -> str:
    """The VM's service at its real address, running while the command runs."""
    file = "/mnt/emulator.toml"
    write = f"cat > {file} <<'END'\n{config}\nEND\n"
    return f"{LINK_LOCAL}{write}{program()} --config {file} --link-local --no-himds -- {WITHOUT_VARIABLES} {command}\n"


def run(script: str, *, members: str = "") -> subprocess.CompletedProcess[str]:
    """Run a shell script on such a machine; ``members`` of the group himds as /etc/group has them."""
    needed = {sys.base_prefix, sys.prefix, str(ROOT), str(Path(program()).parent)}
    setup = SETUP.format(needed=" ".join(map(shlex.quote, sorted(needed))), members=members)
    command = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", setup + script]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def diagnosis(script: str, *, members: str = "") -> dict[str, Any]:
    """What ``himds diagnose --json`` prints at the end of the script."""
    done = run(script, members=members)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"status {done.returncode}\n{done.stdout}\n{done.stderr}") from None
    assert done.returncode == (0 if answer["ok"] else 1)
    return answer
