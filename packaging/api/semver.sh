#!/bin/sh
# Whether the crate's API keeps its promise, by cargo-semver-checks: semver.sh BASELINE, a folder with the sources of the
# last release (`git worktree add /tmp/baseline v0.1.0`).
set -eu
if ! command -v cargo-semver-checks >/dev/null; then
    echo "skipped: cargo-semver-checks not found (cargo install --locked cargo-semver-checks)"
    exit 1
fi
if [ ! -f "$1/core/Cargo.toml" ]; then
    echo "BASELINE is not a checkout of the last release: '$1' (git worktree add /tmp/baseline v0.1.0)" >&2
    exit 2
fi
exec cargo semver-checks --package himds --baseline-root "$1" --only-explicit-features
