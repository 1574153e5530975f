#!/bin/sh
# Licences, bans and sources of every dependency, by cargo-deny; made into .cache/ if it is not installed.
set -eu
tools=$PWD/.cache/tools
PATH="$tools/bin:$PATH"
if ! cargo deny --version >/dev/null 2>&1; then
    echo "cargo-deny not found: building it into .cache/tools"
    CARGO_TARGET_DIR="$tools/target" cargo install --quiet --locked --debug --no-default-features --root "$tools" cargo-deny
    rm -rf "$tools/target"
fi
# What other systems need is checked too, so all of it must be here.
cargo fetch --quiet --locked
exec cargo deny --offline --all-features check licenses bans sources
