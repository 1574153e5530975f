#!/bin/sh
# Runs a command with the agent's directory and the address of IMDS, and without touching this machine: in network and
# mount namespaces of its own, with the emulator in the agent's place.
# usage: inside.sh EMULATOR COMMAND [ARGUMENTS...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
emulator=$1
shift

. "$here/../../tools/optional.sh"
need_root
need_tools unshare ip mount

exec unshare -n -m sh -eu -c '
    mount --make-rprivate /
    mount -t tmpfs clients /var/opt
    ip link set lo up
    ip address add 169.254.169.254/32 dev lo
    emulator=$1 config=$2
    shift 2
    exec "$emulator" --config "$config" --token-dir /var/opt/azcmagent/tokens --link-local -- "$@"
' inside "$emulator" "$here/emulator.toml" "$@"
