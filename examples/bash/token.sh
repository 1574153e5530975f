#!/bin/bash
# A token in a script: token.sh [RESOURCE] prints who this machine is in Azure, by the token that it gets.
set -euo pipefail
resource=${1:-https://management.azure.com}

# snippet: token
token=$(himds token --resource "$resource")
# end of snippet

# The token is handed on by stdin: what is on a command line, everybody on this machine can read with ps.
himds claims --stdin --json <<<"$token" | jq '{aud, oid, xms_mirid}'
