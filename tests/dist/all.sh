#!/bin/bash
# Tests what `make dist` made, each in a place of its own: all.sh. Ends with 1 if a test failed.
set -u

cd "$(dirname "$0")/../.." || exit
shopt -s nullglob
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
failed=() passed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { # NAME COMMAND...
    echo "== $1"
    if "${@:2}" 2>&1 | tee "$log"; test "${PIPESTATUS[0]}" = 0; then passed=$((passed + 1)); else failed+=("$1"); fi
    skipped=$((skipped + $(grep -c '^skipped: ' "$log")))
}
missing() {
    echo "skipped: $1 not found (make dist)"
    skipped=$((skipped + 1))
}

if [ -f dist/SHA256SUMS ]; then
    run "SHA256SUMS" sh -c 'cd dist && sha256sum --quiet -c SHA256SUMS'
    run "texts" tests/dist/texts.py dist
else
    missing dist/SHA256SUMS
fi
libraries=(dist/libhimds-*.tar.gz dist/libhimds-*.zip)
[ ${#libraries[@]} != 0 ] || missing "archives of the library"
for archive in "${libraries[@]}"; do run "$archive" tests/dist/library.sh "$archive"; done
commands=(dist/himds-command-*.tar.gz dist/himds-command-*.zip)
[ ${#commands[@]} != 0 ] || missing "archives of the command"
for archive in "${commands[@]}"; do run "$archive" tests/dist/command.sh "$archive"; done
wheels=(dist/himds-*-abi3-manylinux*_"$(uname -m)".whl dist/himds-"$version".tar.gz)
for wheel in "${wheels[@]}"; do
    if [ -f "$wheel" ]; then run "$wheel" py/tools/install-test.sh "$PWD/$wheel"; else missing "$wheel"; fi
done
for wheel in dist/himds-*-abi3-manylinux*aarch64.whl; do run "$wheel" py/tools/arm64-test.sh "$PWD/$wheel"; done
for wheel in dist/himds-*-musllinux*.whl dist/himds-*-win_amd64.whl dist/himds-*-cp31[0-9]t-*.whl; do
    run "$wheel" tests/dist/extension.sh "$wheel"
done
for wheel in dist/himds-*-win_amd64.whl; do run "$wheel in a Windows Python" tests/dist/windows-wheel.sh "$PWD/$wheel"; done
audit=.cache/venv-dist/bin/abi3audit
for wheel in dist/himds-*-abi3-*.whl; do
    if [ -x $audit ]; then run "the stable ABI of $wheel" $audit --strict "$wheel"; else missing $audit; fi
done
for wheel in dist/himds_emulator-*.whl; do
    case $wheel in
    *manylinux*_"$(uname -m)".whl) run "$wheel" tests/dist/emulator-wheel.sh "$PWD/$wheel" ;;
    *) run "$wheel" tests/dist/emulator-unpacked.sh "$PWD/$wheel" ;;
    esac
done
if [ -d dist/npm ]; then
    for package in dist/npm/himds-emulator-*-*-[0-9]*.tgz; do run "$package" tests/dist/npm-platform.sh "$package"; done
    run "dist/npm" tests/dist/emulator-npm.sh "$PWD/dist/npm" all
else
    missing dist/npm
fi
if [ -d dist/powershell ]; then run "the PowerShell module" tests/dist/powershell.sh; else missing dist/powershell; fi
run "Debian packages" tests/dist/deb.sh
for arch in x86_64 aarch64; do run "RPMs for $arch" tests/dist/rpm.sh $arch; done
run "missing tools" tests/dist/missing-tools.sh
run "what is in the files" tests/dist/contents.sh

echo
echo "$passed passed, ${#failed[@]} failed, $skipped skipped"
[ ${#failed[@]} = 0 ] || printf 'FAILED %s\n' "${failed[@]}"
[ ${#failed[@]} = 0 ]
