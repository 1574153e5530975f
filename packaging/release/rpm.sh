#!/bin/sh
# Makes the RPMs of one target: rpm.sh linux-x64|linux-arm64.
set -eu

. "$(dirname "$0")/target.sh"
require_built "$built/himds"
require rpmbuild=rpm
"$root/packaging/rpm/build.sh" "$built" "$version" "$rpm"
