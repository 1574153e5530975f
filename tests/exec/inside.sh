#!/bin/sh
# Runs a command as on an Arc-enabled server, without touching this machine: network and mount namespaces of its own, a
# group `himds`, and the emulator in the agent's place. Nothing answers at 169.254.169.254, except with `--other-cloud`:
# then another cloud's service does.
# usage: inside.sh [--other-cloud] EMULATOR COMMAND [ARGUMENTS...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
other=
if [ "$1" = --other-cloud ]; then
    other=yes
    shift
fi
emulator=$1
shift

. "$here/../../tools/optional.sh"
need_root
need_tools unshare ip mount setpriv python3

exec unshare --net --mount --pid --fork --kill-child --mount-proc sh -eu -c '
    here=$1 other=$2 emulator=$3
    shift 3
    mount --make-rprivate /
    mount -t tmpfs agent /var/opt
    mkdir -m 0755 /var/opt/test
    { grep -v "^himds:" /etc/group; echo "himds:x:64217:"; } > /var/opt/test/group
    mount --bind /var/opt/test/group /etc/group
    echo "127.0.0.1 localhost account.storage.test" > /var/opt/test/hosts
    mount --bind /var/opt/test/hosts /etc/hosts
    ip link set lo up
    if [ -n "$other" ]; then
        ip address add 169.254.169.254/32 dev lo
        python3 "$here/other_cloud.py" &
        export OTHER_CLOUD=yes
    fi
    exec "$emulator" --config "$here/emulator.toml" --token-dir /var/opt/azcmagent/tokens --no-imds -- "$@"
' inside "$here" "$other" "$emulator" "$@"
