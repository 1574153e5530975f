#!/bin/bash
# `make dist` without some tools: each is named, the rest is made, a table says what, and the status is 1: missing-tools.sh.
# In a copy of these sources, where no step compiles.
set -u

cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

mkdir "$work/sources" "$work/bin"
git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | xargs -d '\n' cp -P --parents -t "$work/sources"
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do ln -s "$folder"/* "$work/bin/" 2>/dev/null; done
rm -f "$work"/bin/{x86_64-w64-mingw32-gcc,node,mcs}
(cd "$work/sources" && env -u CARGO_TARGET_DIR PATH="$work/bin" \
    make --no-print-directory dist STEPS="win-x64 library:win-x64 npm powershell nonsense texts") >"$work/out" 2>&1
[ $? != 0 ]
report $? "the status is not 0"
table=$(sed -n '/^== what was made/,$p' "$work/out")
says() { # WORDS REPORT
    grep -q "$1" <<<"$table" || { cat "$work/out" && false; }
    report $? "$2"
}
says '^skipped  win-x64 .* x86_64-w64-mingw32-gcc not found (apt-get install gcc-mingw-w64' "the compiler for Windows is named"
says '^skipped  library:win-x64 .* a build of win-x64 from these sources not found' "what is not built is not packed"
says '^skipped  npm .* node not found (apt-get install nodejs' "node is named"
says '^skipped  powershell .* mcs not found (apt-get install mono-mcs' "the C# compiler is named"
says '^failed   nonsense .* there is no such step' "an unknown step is named"
says '^made     texts' "the rest is made"
[ -s "$work/sources/dist/THIRD-PARTY-LICENSES.txt" ]
report $? "and is there"
exit $((failures > 0))
