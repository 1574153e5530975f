#!/bin/bash
# The daemon example's systemd unit: it keeps its hardening, and systemd understands every line of it.
set -u
cd "$(dirname -- "$0")/../.."
unit=examples/c/himds-daemon.service
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

for line in DynamicUser=yes SupplementaryGroups=himds ProtectSystem=strict IPAddressDeny=any IPAddressAllow=localhost NoNewPrivileges=yes; do
    grep -qx "$line" "$unit"
    report $? "the unit says $line"
done

if ! command -v systemd-analyze >/dev/null; then
    echo "skipped: systemd-analyze not found: apt-get install systemd"
    exit $((failures > 0))
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Verification wants a program that exists; the daemon is not installed here. Only what it says of this unit counts:
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
# A setting that systemd does not know must be noticed, or the line above says nothing.
! sed 's/^ProtectSystem=.*/ProtectSystems=strict/' "$unit" | verify
report $? "systemd-analyze notices a wrong line"
exit $((failures > 0))
