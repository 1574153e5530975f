#!/bin/bash
# The headers compile alone, in every language standard, without a warning, the C++ one twice in a program too; every
# declaration is documented, and the text of himds.h is laid out for reading.
set -u
cd "$(dirname -- "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
report() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAILED $2"; failures=$((failures + 1)); fi; }

printf '#include "himds.h"\n#include "himds.h"\nint main(void) { return HIMDS_OK; }\n' >"$work/c.c"
printf '#include "himds.hpp"\n#include "himds.hpp"\nint main() { return sizeof(himds::Client) == 0; }\n' >"$work/cpp.cpp"
printf '#include "himds_error.hpp"\nint main() { return sizeof(himds::Error) == 0; }\n' >"$work/error.cpp"
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iinclude -fsyntax-only"

for compiler in gcc clang; do
    if ! command -v $compiler >/dev/null; then
        echo "skipped: $compiler not found: apt-get install $compiler"
        continue
    fi
    for standard in c89 c99 c11 c17 c2x; do
        $compiler -x c -std=$standard -Wstrict-prototypes $flags "$work/c.c"
        report $? "himds.h by $compiler as $standard"
    done
done
for compiler in g++ clang++; do
    if ! command -v $compiler >/dev/null; then
        echo "skipped: $compiler not found: apt-get install $compiler"
        continue
    fi
    for standard in c++14 c++17 c++20; do
        $compiler -x c++ -std=$standard $flags "$work/c.c"
        report $? "himds.h by $compiler as $standard"
    done
    for standard in c++17 c++20 c++2b; do
        $compiler -std=$standard $flags "$work/cpp.cpp" "$work/error.cpp"
        report $? "himds.hpp by $compiler as $standard"
    done
done

# A comment ends on the line before each declaration; that of a function says what its kind of function must.
awk '
    /^\/\*\*/ { comment = ""; inside = 1 }
    inside { comment = comment "\n" $0 }
    /\*\/$/ { inside = 0; ended = NR; next }
    /^HIMDS_API |^typedef struct |^#define HIMDS_[A-Z_]+ / {
        if (ended != NR - 1) { print "no comment before: " $0; bad = 1 }
    }
    /^HIMDS_API / {
        declaration = $0
        while (declaration !~ /;/) { getline; declaration = declaration $0 }
        want = "Blocks:|Threads:"
        if (declaration ~ /himds_error \*\*error\)/) want = want "|Returns:"
        if (declaration ~ /\*\*|const char/) want = want "|Ownership:"
        count = split(want, words, "|")
        for (i = 1; i <= count; i++)
            if (index(comment, words[i]) == 0) { print "nothing on \"" words[i] "\" before: " declaration; bad = 1 }
        functions++
    }
    END { print functions " functions read"; exit bad || functions < 60 }
' include/himds.h
report $? "every declaration is documented"

# A reader finds a type next to its functions.
awk '
    /^typedef struct / { type = $3; types++ }
    type && /^HIMDS_API / {
        if (index($0, type "_") == 0 && index($0, type " *") == 0) { print "no function of " type " after it: " $0; bad = 1 }
        type = ""
    }
    END { exit bad || types < 8 }
' include/himds.h
report $? "each type stands before its own functions"

! grep -n '.\{101,\}' include/himds.h
report $? "no line of himds.h has more than 100 columns"
exit $((failures > 0))
