#!/bin/sh
# Licences, bans and sources of every dependency.
set -eu
if ! cargo deny --version >/dev/null 2>&1; then
    if [ "${CI:-}" != true ]; then
        echo "skipped: cargo-deny not found (cargo install --locked cargo-deny)"
        exit 0
    fi
    cargo install --locked --quiet cargo-deny
fi
exec cargo deny --all-features check licenses bans sources
