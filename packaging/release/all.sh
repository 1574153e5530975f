#!/bin/bash
# Makes everything that is released into dist/, one step after the other, and says at the end what was made:
#
#   all.sh [STEP...]      such as `all.sh linux-x64 deb:linux-x64`; without names, all of them
#
# What was compiled from the same sources stays as it is; what packs it takes seconds and is done again. A step whose tools
# are missing is skipped and named, and the rest goes on. Ends with 1 if a step failed or was skipped.
set -u
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1

steps=(
    linux-x64 linux-musl-x64 linux-arm64 linux-musl-arm64 win-x64
    library:linux-x64 library:linux-arm64 library:linux-musl-x64 library:linux-musl-arm64 library:win-x64
    command:linux-musl-x64 command:linux-musl-arm64 command:win-x64
    wheel:linux-x64 wheel:linux-arm64 wheel:linux-musl-x64 wheel:linux-musl-arm64 wheel:win-x64
    npm deb:linux-x64 deb:linux-arm64 rpm:linux-x64 rpm:linux-arm64 powershell crates texts
)
[ $# -eq 0 ] || steps=("$@")
logs=target/dist/logs stamps=target/dist/stamps
mkdir -p dist "$logs" "$stamps"

# The sources, whether committed or not.
sources=$( (git rev-parse HEAD && git diff HEAD && git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum) | sha256sum)

command_of() {
    case $1 in
    linux-* | win-*) echo "packaging/release/build.sh $1" ;;
    powershell) echo "packaging/release/powershell.sh" ;;
    npm | crates | texts) echo "packaging/release/$1.sh" ;;
    *:*) echo "packaging/release/${1%%:*}.sh ${1#*:}" ;;
    esac
}

# Whether a step compiles, which takes minutes: only then is it kept.
compiles() {
    case $1 in
    linux-* | win-* | wheel:* | crates) true ;;
    *) false ;;
    esac
}

# The targets that are built from these sources: nothing else is packed.
built() {
    local stamp
    for stamp in "$stamps"/{linux,win}-*; do
        [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$sources" ] || printf '%s ' "$(basename "$stamp")"
    done
}

# A function, so that the shell has read all of this file before it starts: it runs for an hour.
main() {
    local step log stamp started command status why line lines=() bad=0
    for step in "${steps[@]}"; do
        log=$logs/${step/:/-}.log stamp=$stamps/${step/:/-}
        started=$SECONDS
        command=$(command_of "$step")
        if [ -z "$command" ]; then
            status=failed why="there is no such step"
        elif compiles "$step" && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sources" ]; then
            status=kept why=
        else
            rm -f "$stamp"
            # shellcheck disable=SC2086 # words
            HIMDS_BUILT=$(built) $command >"$log" 2>&1
            case $? in
            0) status=made why=$(sed -n '/^without /p' "$log") && echo "$sources" >"$stamp" ;;
            77) status=skipped why=$(sed -n 's/^skipped: //p' "$log" | tail -n 1) ;;
            *) status=failed why="$(tail -n 1 "$log") (all of it: $log)" ;;
            esac
        fi
        case $status in skipped | failed) bad=1 ;; esac
        line=$(printf '%-8s %-26s %4d s  %s' "$status" "$step" $((SECONDS - started)) "$why")
        echo "$line"
        lines+=("$line")
    done
    echo
    echo "== what was made"
    printf '%s\n' "${lines[@]}"
    (cd dist && find . -type f \( -name '*.whl' -o -name '*.tar.gz' -o -name '*.zip' -o -name '*.tgz' -o -name '*.deb' -o -name '*.rpm' \
        -o -name '*.crate' -o -name '*.nupkg' \) -printf '%10s  %P\n' | LC_ALL=C sort -k2)
    [ $bad = 0 ] || echo "not everything was made: see above"
    return $bad
}

main
exit
