#!/bin/sh
# Runs a command on an Azure Arc-enabled server, as a user whom the agent's keys are closed to: broken-machine.sh EMULATOR
# COMMAND [ARGUMENTS...]. The server is an overlay of this machine in namespaces of its own, and the emulator is the agent.
set -eu

emulator=$1 command=$2
shift 2
exec unshare -n -m sh -eu -c '
    emulator=$1 command=$2
    shift 2
    mount --make-rprivate /
    ip link set lo up
    mount -t tmpfs layers /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay server -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
    root=/mnt/root
    rm -f "$root/.dockerenv" "$root/run/.containerenv"
    rm -rf "$root/opt/azcmagent" "$root/var/opt/azcmagent"
    # The process that listens is called as the agent is.
    install -D "$emulator" "$root/opt/azcmagent/bin/himds"
    install "$command" "$root/usr/bin/himds"
    grep -v "^himds:" /etc/group >"$root/etc/group"
    echo "himds:x:64000:" >>"$root/etc/group"
    echo "app:x:64001:" >>"$root/etc/group"
    echo "app:x:64001:64001::/:/bin/false" >>"$root/etc/passwd"
    install -d -m 750 -g 64000 "$root/var/opt/azcmagent/tokens"
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" /opt/azcmagent/bin/himds --himds-port 40342 --token-dir /var/opt/azcmagent/tokens --no-imds -- \
        setpriv --reuid=64001 --regid=64001 --clear-groups himds "$@"
' broken "$emulator" "$command" "$@"
