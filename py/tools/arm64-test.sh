#!/bin/sh
# Usage: arm64-test.sh WHEEL
# Imports and uses the arm64 wheel under qemu, in an arm64 CPython that is unpacked from Debian's packages under .cache/
# and not installed.
set -eu
wheel=$1
qemu=$(command -v qemu-aarch64-static) || {
    echo "skipped: qemu-aarch64-static not found (apt-get install qemu-user-static): the arm64 wheel was built but not tried"
    exit 0
}
root=$PWD/.cache/arm64-python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -x "$root/usr/bin/python3.11" ]; then
    mkdir -p "$root" "$work/lists/partial" "$work/cache/archives/partial" "$work/sources" "$work/debs"
    cp /etc/apt/sources.list.d/debian.sources "$work/sources/"
    options="-o Dir::State::lists=$work/lists -o Dir::Cache=$work/cache -o Dir::Etc::sourcelist=/dev/null
        -o Dir::Etc::sourceparts=$work/sources -o APT::Architectures::=arm64 -o APT::Sandbox::User=root"
    (
        cd "$work/debs"
        # shellcheck disable=SC2086
        apt-get $options -qq update
        # shellcheck disable=SC2086
        apt-get $options -qq download python3.11-minimal:arm64 libpython3.11-minimal:arm64 libpython3.11-stdlib:arm64 \
            libc6:arm64 libgcc-s1:arm64 zlib1g:arm64 libexpat1:arm64 libssl3:arm64 libffi8:arm64
        for package in *.deb; do dpkg -x "$package" "$root"; done
    )
fi
mkdir "$work/site"
(cd "$work/site" && python3 -m zipfile -e "$wheel" .)
PYTHONHOME=$root/usr PYTHONPATH=$work/site "$qemu" -L "$root" "$root/usr/bin/python3.11" - <<'END'
import platform
import himds
try:
    himds.Client(source="imds", endpoint="http://127.0.0.1:1").token("https://vault.azure.net")
except himds.UnavailableError as error:
    assert error.hint
print("imported and used:", platform.machine(), platform.python_version(), himds.__version__)
END
