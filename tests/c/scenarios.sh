#!/bin/sh
# Every scenario through the C interface.
#
#   scenarios.sh TARGET_DIRECTORY [MORE ARGUMENTS OF THE RUNNER]
set -eu
target=$1
shift
cd "$(dirname -- "$0")/../.."
mkdir -p "$target/c"
cc -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Werror -Iinclude tests/drivers/c/driver.c tests/drivers/c/wire.c \
    -o "$target/c/driver" -L"$target/debug" -lhimds -lm -pthread -Wl,-rpath,"$target/debug"
"$target/debug/himds-scenarios" --jobs 4 --quiet --driver "$target/c/driver" "$@"
