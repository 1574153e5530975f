"""A machine of the test's own: a network and mount namespace that has the agent's real places and ports."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from emulator import ROOT, program

# The root file system is the real one under a layer that is thrown away: in it may be written anything, anywhere. What
# lies on file systems of its own appears again; a private home directory must not keep another user from running this
# interpreter; and signs that this machine is itself a container go.
SETUP = """
set -e
ip link set lo up
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
for path in /proc /dev /sys {mounts}; do mkdir -p "/mnt/root$path"; mount --rbind "$path" "/mnt/root$path"; done
cat > /mnt/root/run-test.sh
exec chroot /mnt/root sh -e /run-test.sh
"""
INSIDE = """
chmod 755 /root
rm -rf /.dockerenv /run/.containerenv /run/systemd/container /opt/azcmagent /var/opt/azcmagent
rm -f /lib/systemd/system.conf.d/azcmagent.conf
echo 'himds:x:61998:{members}' >> /etc/group
echo 'app:x:61234:61234::/:/bin/sh' >> /etc/passwd
cd /
"""
AGENT = f"""
mkdir -p /opt/azcmagent/bin
ln -s {program()} /opt/azcmagent/bin/himds
"""
TOKENS = "install -d -m 0750 -g 61998 /var/opt/azcmagent /var/opt/azcmagent/tokens\n"
LINK_LOCAL = "ip addr add 169.254.169.254/32 dev lo\n"
# The emulator sets the agent's variables for its command; a login shell does not have them.
WITHOUT_VARIABLES = "env -u IDENTITY_ENDPOINT -u IMDS_ENDPOINT"
AS_APP = "setpriv --reuid=61234 --regid=61234 --clear-groups"


def himds(*arguments: str, prefix: str = "") -> str:
    """The command, as a shell has it."""
    return f"{prefix} {shlex.quote(sys.executable)} -m himds {shlex.join(arguments)}".strip()


def agent(command: str, config: str = "", *, variables: bool = False, program: str = "/opt/azcmagent/bin/himds") -> str:
    """The agent's service on its real port, running while the command runs, with or without the agent's variables."""
    file = "/emulator.toml"
    write = f"cat > {file} <<'END'\n{config}\nEND\n"
    places = "--himds-port 40342 --no-imds --token-dir /var/opt/azcmagent/tokens"
    return f"{write}{program} --config {file} {places} -- {'' if variables else WITHOUT_VARIABLES} {command}\n"


def azure_vm(command: str, config: str = "") -> str:
    """The VM's service at its real address, running while the command runs."""
    file = "/emulator.toml"
    write = f"cat > {file} <<'END'\n{config}\nEND\n"
    return f"{LINK_LOCAL}{write}{program()} --config {file} --link-local --no-himds -- {WITHOUT_VARIABLES} {command}\n"


def run(script: str, *, members: str = "") -> subprocess.CompletedProcess[str]:
    """Run a shell script on such a machine; ``members`` of the group himds as /etc/group has them."""
    needed = {Path(sys.base_prefix), Path(sys.prefix), ROOT, Path(program()).parent}
    mounts = sorted(str(path) for path in needed if path.stat().st_dev != Path("/").stat().st_dev)
    setup = SETUP.format(mounts=" ".join(map(shlex.quote, mounts)))
    command = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", setup]
    inside = INSIDE.format(members=members) + script
    return subprocess.run(command, input=inside, capture_output=True, text=True, check=False, timeout=120)


def diagnosis(script: str, *, members: str = "") -> dict[str, Any]:
    """What ``himds diagnose --json`` prints at the end of the script."""
    done = run(script, members=members)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"status {done.returncode}\n{done.stdout}\n{done.stderr}") from None
    assert done.returncode == (0 if answer["ok"] else 1)
    return answer
