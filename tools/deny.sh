#!/bin/sh
# Licences, bans and sources of every dependency, by cargo-deny. It takes a minute and a half of processor time to build, so
# only CI builds it, into .cache/.
set -eu
tools=$PWD/.cache/tools
PATH="$tools/bin:$PATH"
if ! cargo deny --version >/dev/null 2>&1; then
    if [ "${CI:-}" != true ]; then
        echo "skipped: cargo-deny not found (cargo install --locked cargo-deny)"
        exit 0
    fi
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$tools/target" \
        cargo install --quiet --locked --debug --no-default-features --root "$tools" cargo-deny
    rm -rf "$tools/target"
fi
# What other systems need is checked too, so all of it must be here.
cargo fetch --quiet --locked
exec cargo deny --offline --all-features check licenses bans sources
