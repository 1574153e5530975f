#!/bin/sh
# Lays out the package himds-bridge below DIRECTORY: units, the example of the configuration, pages. Nothing in it enables or
# starts the units: an administrator does, once there are rules.
#
#   bridge.sh DIRECTORY
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
to=$1
umask 022

units=$to/usr/lib/systemd/system
doc=$to/usr/share/doc/himds-bridge
mkdir -p "$units" "$to/etc/himds" "$doc" "$to/DEBIAN"
install -m 644 "$root/packaging/systemd/himds-bridge.service" "$root/packaging/systemd/himds-bridge.socket" "$units/"
install -m 644 "$root/packaging/etc/bridge.toml" "$to/etc/himds/bridge.toml"
install -m 644 "$root/docs/bridge.md" "$root/docs/services-and-containers.md" "$doc/"

# An administrator's rules stay when the package is upgraded.
echo /etc/himds/bridge.toml >"$to/DEBIAN/conffiles"

cat >"$to/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
    # After an upgrade, the new program with the rules that are there; one that does not run is left alone.
    systemctl try-restart himds-bridge.service || true
fi
EOF
cat >"$to/DEBIAN/prerm" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl stop himds-bridge.socket himds-bridge.service || true
fi
EOF
cat >"$to/DEBIAN/postrm" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = purge ]; then
    rmdir /etc/himds 2>/dev/null || true
fi
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
fi
EOF
chmod 755 "$to/DEBIAN/postinst" "$to/DEBIAN/prerm" "$to/DEBIAN/postrm"
