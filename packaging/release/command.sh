#!/bin/sh
# Packs the command himds of one target, with its manual page and licences: command.sh TARGET. On Linux it is the static
# one, which runs on every distribution.
set -eu

. "$(dirname "$0")/target.sh"
case $name in win-*) require_built "$programs/himds.exe" ;; *) require_built "$programs/himds" ;; esac
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=himds-command-$version-$name
mkdir "$stage/$folder"
cd "$root"
cp cli/himds.1 docs/command.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$stage/$folder/"
case $name in
win-*)
    require zip=zip
    cp "$programs/himds.exe" "$programs/himds-emulator.exe" "$stage/$folder/"
    pack "$stage" "$folder" "$out/$folder.zip"
    ;;
*)
    install -m 755 "$programs/himds" "$programs/himds-emulator" "$stage/$folder/"
    pack "$stage" "$folder" "$out/$folder.tar.gz"
    ;;
esac
