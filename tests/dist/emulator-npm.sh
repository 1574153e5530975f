#!/bin/sh
# Installs the emulator's npm packages into a clean project and runs the sample's tests with them:
# emulator-npm.sh DIRECTORY node|all. `all` takes vitest, jest and TypeScript too, which come from the registry.
set -eu

packages=$1 runners=$2
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -R "$root/emulator-npm/sample" "$work/sample"
cd "$work/sample"
platform=$(node -p 'process.platform + "-" + process.arch')
if [ -z "$(find "$packages" -name "himds-emulator-$platform-[0-9]*.tgz")" ]; then
    echo "skipped: himds-emulator-$platform in $packages not found (make dist)"
    exit 0
fi
set -- "$packages/himds-emulator-$platform"-[0-9]*.tgz "$packages"/himds-emulator-[0-9]*.tgz
# vitest's own program is an optional package too, so only without it those of other platforms are left out.
if [ "$runners" = node ]; then set -- --omit=optional "$@"; else set -- "$@" vitest jest typescript@5; fi
npm install --silent --no-audit --no-fund --no-package-lock "$@"
unset HIMDS_EMULATOR
npm test --silent
[ "$runners" = node ] || { npm run --silent vitest && npm run --silent jest && npm run --silent types; }
