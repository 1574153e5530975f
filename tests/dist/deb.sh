#!/bin/bash
# The Debian packages in dist/: lintian without errors; installed, used, upgraded and purged in a Debian of their own, which
# debootstrap makes: deb.sh [SUITE]. Takes root. Those for another
# processor are checked, unpacked and used.
set -u

suite=${1:-bookworm}
cd "$(dirname "$0")/../.." || exit
for tool in lintian debootstrap; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: $tool not found (apt-get install $tool)"
        exit 0
    fi
done
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }
shopt -s nullglob
packages=(dist/*_"$(dpkg --print-architecture)".deb)
for package in dist/*.deb; do
    lintian --allow-root --fail-on error "$package"
    report $? "lintian has no error in $(basename "$package")"
done

# Those for another processor are unpacked, and their programs run by qemu.
foreign() { # ARCH
    local tree package status
    tree=$(mktemp -d)
    for package in dist/*_"$1".deb; do dpkg-deb -x "$package" "$tree"; done
    (
        # shellcheck disable=SC2034 # runner.sh reads them
        file=linux-$1 root=$PWD
        . tests/dist/runner.sh
        # shellcheck disable=SC2016,SC2086 # the inner shell expands it; words
        $run "$tree/usr/bin/himds-emulator" -- sh -c '"$@" token --token-dir "$HIMDS_EMULATOR_TOKEN_DIR" --resource https://vault.azure.net' \
            sh $run "$tree/usr/bin/himds" >"$tree/out" 2>&1
        touch "$tree/ran"
        grep -q '^eyJ' "$tree/out" || { cat "$tree/out" && false; }
    )
    status=$?
    [ ! -e "$tree/ran" ] || report $status "a token by the programs for $1"
    rm -rf "$tree"
}
for arch in amd64 arm64; do
    [ "$arch" = "$(dpkg --print-architecture)" ] || ! compgen -G "dist/*_$arch.deb" >/dev/null || foreign "$arch"
done
if [ ${#packages[@]} = 0 ]; then
    echo "skipped: packages for this machine not found (make dist)"
    exit $((failures > 0))
fi
if [ "$(id -u)" != 0 ]; then
    echo "skipped: root not found: the packages are not installed"
    exit $((failures > 0))
fi

# himds-bridge needs systemd.
base=$PWD/.cache/debootstrap-$suite-systemd
if [ ! -e "$base/.complete" ]; then
    rm -rf "$base"
    # From the mirror that this system uses.
    mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
    if ! debootstrap --variant=minbase --include=systemd "$suite" "$base" ${mirror:+"$mirror"} >"$base.log" 2>&1; then
        echo "skipped: a Debian $suite not found (debootstrap: $(tail -n 1 "$base.log"))"
        exit $((failures > 0))
    fi
    touch "$base/.complete"
fi
work=$(mktemp -d)
trap 'umount "$work/root/proc" "$work/root" "$work" 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs layers "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay debian -o lowerdir="$base",upperdir="$work/upper",workdir="$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mkdir "$work/root/packages"
cp "${packages[@]}" "$work/root/packages/"
inside() { chroot "$work/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive sh -c "$1" >"$work/log" 2>&1 || { cat "$work/log"; false; }; }

# Nothing but what a minimal Debian with systemd has: every dependency must be there already.
inside 'dpkg -i /packages/*.deb'
report $? "installed in a minimal Debian $suite"
inside 'himds --version && ldconfig -p | grep -q libhimds.so.1'
report $? "the command runs and the library is found"
inside 'himds-emulator -- sh -c "himds token --token-dir \$HIMDS_EMULATOR_TOKEN_DIR --resource https://vault.azure.net" | grep -q "^eyJ"'
report $? "a token from the emulator"
inside 'test -s /usr/share/bash-completion/completions/himds && test -s /usr/share/man/man1/himds.1.gz'
report $? "completion and manual page are there"

# The next version over this one.
for package in "$work/root/packages"/*.deb; do
    tree=$work/root/packages/tree
    dpkg-deb -R "$package" "$tree"
    sed -i 's/^Version: .*/&+next/; s/(= \([^)]*\))/(= \1+next)/' "$tree/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$tree" "${package%.deb}-next.deb" >/dev/null
    rm -rf "$tree" "$package"
done
inside 'dpkg -i /packages/*.deb && dpkg-query -W -f "\${Version}\n" himds | grep -q "+next$" && himds --version'
report $? "upgraded"
inside 'dpkg --purge himds-bridge himds himds-emulator libhimds-dev libhimds1'
report $? "purged"
inside '! find /usr/bin /usr/lib /usr/include /usr/share /etc -name "*himds*" | grep . && ! ldconfig -p | grep himds'
report $? "nothing is left"
exit $((failures > 0))
