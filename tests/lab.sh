#!/bin/sh
# examples/bash/lab.sh with the command `himds`, against the emulated agent, Resource Manager and Key Vault.
#
#   lab.sh EMULATOR DIRECTORY_OF_THE_COMMAND
set -eu
cd "$(dirname "$0")/.."
if [ "${HIMDS_EMULATOR_VAULT:-}" = "" ]; then
    for tool in curl jq; do
        command -v $tool >/dev/null || { echo "skipped: $tool not found (apt-get install $tool)"; exit 0; }
    done
    status=0
    AZURE=1 tests/c/with-agent.sh "$1" "$0" "$1" "$2" || status=$?
    [ $status = 77 ] && exit 0
    exit $status
fi
PATH=$2:$PATH ARM_URL=$HIMDS_EMULATOR_ARM CURL_CA_BUNDLE=$HIMDS_EMULATOR_CA_FILE
export PATH ARM_URL CURL_CA_BUNDLE
output=$(examples/bash/lab.sh "$HIMDS_EMULATOR_VAULT" psql-cmd)
for line in 'resource group arc-servers' 'tag owner = ops;team:a' 'tag name Project' 'resource arc-demo' 'vault arc-demo-vault' \
    'the secret psql-cmd has [1-9]'; do
    echo "$output" | grep -q -e "$line" || { echo "FAILED: the lab does not show: $line"; echo "$output"; exit 1; }
done
echo "ok the lab in bash"
