#!/bin/sh
# Runs a command as on an Arc-enabled server with services and users, without touching this machine: network, mount and
# process namespaces of its own, accounts for the tests, control groups of version 2 where systemd has them, and the
# emulator in the agent's place. What is left of the tests' control groups is removed at the end.
# usage: inside.sh EMULATOR COMMAND [ARGUMENTS...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
emulator=$1
shift

. "$here/../../tools/optional.sh"
need_root
need_tools unshare ip mount setpriv python3 nft curl

# Control groups have no namespace that helps here: each run has names of its own.
export HIMDS_TEST_UNITS="himds-test-$$"

exec unshare -n -m -p --fork --kill-child --mount-proc sh -eu -c '
    here=$1 emulator=$2
    shift 2
    mount --make-rprivate /
    mount -t tmpfs -o mode=0755 agent /var/opt
    mkdir -m 0755 /var/opt/test
    {
        grep -vE "^(himds|t-writers):" /etc/group
        echo "himds:x:64217:"
        echo "t-writers:x:64400:t-writer"
    } >/var/opt/test/group
    {
        grep -vE "^(himds|arcproxy|t-[a-z]+):" /etc/passwd
        for account in himds:64217 arcproxy:64218 t-bridge:64300 t-backup:4321 t-other:4322 t-jobs:4323 t-writer:4324; do
            echo "${account%:*}:x:${account#*:}:${account#*:}::/nonexistent:/bin/sh"
        done
    } >/var/opt/test/passwd
    # The stand-in for a storage account, for clients that insist on such a name.
    echo "127.0.0.1 localhost account.storage.test" >/var/opt/test/hosts
    mount --bind /var/opt/test/hosts /etc/hosts
    mount --bind /var/opt/test/group /etc/group
    mount --bind /var/opt/test/passwd /etc/passwd
    mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || true
    mount -t tmpfs run /run
    ip link set lo up
    # Somewhere to go: without a route, a connection fails before it can be redirected.
    ip route add 169.254.169.254/32 dev lo src 127.0.0.2
    "$emulator" --config "$here/../exec/emulator.toml" --token-dir /var/opt/azcmagent/tokens --no-imds -- "$@" && status=0 || status=$?
    for group in "/sys/fs/cgroup/system.slice/$HIMDS_TEST_UNITS"-*; do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    rmdir /sys/fs/cgroup/system.slice 2>/dev/null || true
    exit "$status"
' inside "$here" "$emulator" "$@"
