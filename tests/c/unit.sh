#!/bin/bash
# The daemon example's systemd unit and its drop-in: they keep their hardening, and systemd understands every line.
set -u
cd "$(dirname -- "$0")/../.."
unit=examples/c/himds-daemon.service drop_in=examples/c/himds-daemon-arc.conf
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

for line in DynamicUser=yes ProtectSystem=strict IPAddressDeny=any IPAddressAllow=localhost IPAddressAllow=169.254.169.254 \
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK' NoNewPrivileges=yes; do
    grep -qx "$line" "$unit"
    report $? "the unit says $line"
done
# A group that does not exist keeps a unit from starting, and only the Arc agent creates this one.
! grep -q '^SupplementaryGroups=' "$unit" && grep -qx SupplementaryGroups=himds "$drop_in"
report $? "the group of the Arc agent is in the drop-in, not in the unit"

if ! command -v systemd-analyze >/dev/null; then
    echo "skipped: systemd-analyze not found: apt-get install systemd"
    exit $((failures > 0))
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Verification needs a program that exists; the daemon is not installed here. Only what it says about this unit counts:
# it also reads the units of the machine.
verify() {
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' >"$work/himds-daemon.service"
    systemd-analyze verify --man=no "$work/himds-daemon.service" >"$work/log" 2>&1
    local status=$?
    [ $status = 0 ] && ! grep -q himds-daemon "$work/log"
}
if ! { printf '[Service]\nExecStart=/bin/true\n' | verify; }; then
    echo "skipped: systemd-analyze verify does not work here: $(head -1 "$work/log")"
    exit $((failures > 0))
fi
verify <"$unit" || { cat "$work/log"; false; }
report $? "systemd-analyze verifies the unit"
mkdir "$work/himds-daemon.service.d" && cp "$drop_in" "$work/himds-daemon.service.d/arc.conf"
verify <"$unit" || { cat "$work/log"; false; }
report $? "systemd-analyze verifies the unit with its drop-in"
! { sed -i 's/^SupplementaryGroups=/SupplementaryGroup=/' "$work/himds-daemon.service.d/arc.conf" && verify <"$unit"; }
report $? "systemd-analyze notices a wrong line in the drop-in"
rm -r "$work/himds-daemon.service.d"
# systemd-analyze must notice a setting that systemd does not know, or the line above proves nothing.
! sed 's/^ProtectSystem=.*/ProtectSystems=strict/' "$unit" | verify
report $? "systemd-analyze notices a wrong line"
exit $((failures > 0))
