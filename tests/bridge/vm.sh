#!/bin/sh
# The units under a systemd and a Debian kernel of their own: boots a small Debian from memory in qemu, with the program, the
# emulator in the agent's place and vm/test.sh, and prints what that prints.
# usage: vm.sh HIMDS EMULATOR
set -eu
himds=$1 emulator=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
cache=$root/.cache/bridge-vm

. "$root/tools/optional.sh"
need_root
need_tools qemu-system-x86_64 mmdebstrap cpio

mkdir -p "$cache"
if [ ! -f "$cache/root.tar" ]; then
    mmdebstrap --quiet --format=tar --variant=minbase \
        --include=systemd,systemd-sysv,nftables,curl,iproute2,procps,kmod,linux-image-cloud-amd64 bookworm "$cache/root.tar.new"
    mv "$cache/root.tar.new" "$cache/root.tar"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xf "$cache/root.tar" -C "$work"
install -m 755 "$himds" "$work/usr/bin/himds"
install -m 755 "$emulator" "$work/usr/bin/himds-emulator"
"$root/packaging/deb/bridge.sh" "$work"
rm -rf "$work/DEBIAN"
install -m 755 "$here/vm/test.sh" "$work/usr/bin/vm-test"
cp "$here"/vm/*.service "$work/etc/systemd/system/"
# The unit that the page shows, and its drop-in, as they stand there.
awk -v out="$work/etc/systemd/system" '
    /^`\/etc\/systemd\/system\/|, `\/etc\/systemd\/system\// { match($0, /`\/etc\/systemd\/system\/[^`]*`/); file = substr($0, RSTART + 21, RLENGTH - 22) }
    /^```ini/ && file { path = out "/" file; dir = path; sub(/\/[^\/]*$/, "", dir); system("mkdir -p " dir); writing = 1; next }
    /^```/ { if (writing) { close(path); writing = 0; file = "" } next }
    writing { print > path }' "$root/docs/services-and-containers.md"
ln -s /etc/systemd/system/vm-test.service "$work/etc/systemd/system/multi-user.target.wants/vm-test.service"
ln -s /sbin/init "$work/init"
kernel=$(echo "$work"/boot/vmlinuz-*)
cp "$kernel" "$cache/kernel"
(cd "$work" && find . -path ./boot -prune -o -print | cpio --quiet -o -H newc) >"$cache/initrd"

# Without KVM by default: a machine that is one itself often has it, and it does not work. VM_ACCEL=kvm is faster.
timeout 900 qemu-system-x86_64 -accel "${VM_ACCEL:-tcg}" -cpu max -m 3072 -nographic -no-reboot -nic none -kernel "$cache/kernel" -initrd "$cache/initrd" \
    -append "console=ttyS0 quiet systemd.show_status=no systemd.getty_auto=no" </dev/null | tee "$cache/console" | tr -d '\r' | grep -a '^vm: ' || true
grep -aq '^vm: passed' "$cache/console" || {
    echo "the machine's console is in $cache/console"
    exit 1
}
