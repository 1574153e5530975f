#!/bin/sh
# Makes the Debian packages of one target: deb.sh linux-x64|linux-arm64.
set -eu

. "$(dirname "$0")/target.sh"
require_built "$built/himds"
require dpkg-deb=dpkg-dev readelf=binutils
strip=strip
case $name in *-arm64) strip=aarch64-linux-gnu-strip ;; esac
require "$strip=binutils-aarch64-linux-gnu"
ARCH=$deb STRIP=$strip "$root/packaging/deb/build.sh" "$built" "$version"
