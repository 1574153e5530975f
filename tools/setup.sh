#!/bin/sh
# Installs the Debian packages listed in these files (one a line).
set -eu
if ! command -v apt-get >/dev/null; then
    echo "This is not Debian. Install the like of:"
    sort -u "$@"
    exit 1
fi
wanted=""
for package in $(sort -u "$@"); do
    # What a tool of another origin already provides (a node from elsewhere, say) is left alone.
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
    case $package in nodejs | npm) command -v "${package%js}" >/dev/null && continue ;; esac
    wanted="$wanted $package"
done
[ -z "$wanted" ] && exit 0
apt-get update -qq
# Another release of Debian, or Ubuntu, may lack one of them: the rest is installed all the same.
known="" unknown=""
for package in $wanted; do
    if apt-cache policy "$package" | grep -q '^  Candidate: [^(]'; then known="$known $package"; else unknown="$unknown $package"; fi
done
[ -z "$unknown" ] || echo "this system has no:$unknown; the tests that need them say so and are skipped"
[ -z "$known" ] && exit 0
echo "installing:$known"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $known >/dev/null
