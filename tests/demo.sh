#!/bin/sh
# `make demo` shows the whole job, ends by itself, tells no secret and leaves nothing behind.
set -eu
# Its own, since other tests make files meanwhile.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
output=$(make --no-print-directory demo)
left=$(find "$TMPDIR" -mindepth 1)
fail() {
    echo "demo: $1" >&2
    echo "$output" >&2
    exit 1
}
for text in 'himds, since' 'subscriptions/' '401 Unauthorized' 'realm=' '-rw-r-----\|-rw-------' '200 OK' 'xms_mirid' \
    'from the cache, the same token: true' 'Rust ' 'C  ' 'Python '; do
    echo "$output" | grep -q -e "$text" || fail "it does not show: $text"
done
[ "$(echo "$output" | sed -n 's/^  \(Rust\|C\|Python\) *\([0-9a-f]\{32\}\)$/\2/p' | sort -u | wc -l)" = 1 ] || fail "not one fingerprint"
echo "$output" | grep -q 'eyJ' && fail "it shows a token"
[ -z "$left" ] || fail "it left something: $left"
echo "demo: ok"
