#!/bin/bash
# Runs make targets one after the other, all of them also where one fails, and sums up.
passed=() failed=() skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "$@"; do
    echo "== make $target"
    start=$SECONDS
    if make --no-print-directory "$target" 2>&1 | tee "$log"; test "${PIPESTATUS[0]}" = 0; then
        passed+=("$target")
        echo "== make $target: passed in $((SECONDS - start)) s"
    else
        failed+=("$target")
        echo "== make $target: FAILED after $((SECONDS - start)) s"
    fi
    skipped=$((skipped + $(grep -c '^skipped: ' "$log")))
done
[ $skipped = 0 ] || echo "$skipped skipped because a tool is missing, each named above; \`make setup\` installs what Debian has"
[ ${#failed[@]} = 0 ] || echo "failed: ${failed[*]}"
echo "${#passed[@]} passed, ${#failed[@]} failed, $skipped skipped"
[ ${#failed[@]} = 0 ]
