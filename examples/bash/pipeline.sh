#!/bin/bash
# The handshake with curl, as it is found in many scripts: what `himds token` replaces. Arc-enabled servers only.
set -euo pipefail
resource=${1:-https://management.azure.com}

# snippet: pipeline
url="${IDENTITY_ENDPOINT:-http://127.0.0.1:40342/metadata/identity/oauth2/token}?api-version=2020-06-01&resource=$resource"
challenge=$(curl -s -D - -o /dev/null -H Metadata:true "$url" | grep -i '^www-authenticate:')
key_file=$(cut -d = -f 2 <<<"$challenge" | tr -d '[:cntrl:]')
key=$(cat "$key_file")
token=$(curl -s -H Metadata:true -H "Authorization: Basic $key" "$url" | jq -r .access_token)
# end of snippet
printf '%s\n' "$token"
