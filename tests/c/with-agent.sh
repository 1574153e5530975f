#!/bin/sh
# Runs a command as on an Arc-enabled server: an emulator at the agent's own port and with the agent's own token
# directory, in namespaces of its own, so that programs that take every default find it.
#
#   with-agent.sh EMULATOR COMMAND...
set -eu
if [ "${HIMDS_IN_NAMESPACE:-}" != 1 ]; then
    user=
    [ "$(id -u)" = 0 ] || user=-r
    if ! unshare $user -n -m true 2>/dev/null; then
        echo "skipped: namespaces not found: run as root"
        exit 77
    fi
    # shellcheck disable=SC2086 # empty for root
    HIMDS_IN_NAMESPACE=1 exec unshare $user -n -m "$0" "$@"
fi
emulator=$1
shift
# The kernel must not give a client's connection the agent's own port.
echo 40342 >/proc/sys/net/ipv4/ip_local_reserved_ports 2>/dev/null || true
ip link set lo up
mount -t tmpfs none /var/opt
mkdir -p /var/opt/azcmagent/tokens
exec "$emulator" --himds-port 40342 --token-dir /var/opt/azcmagent/tokens --no-imds ${AZURE:+--azure} -- "$@"
