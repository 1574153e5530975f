#!/bin/bash
# What a server can do with its managed identity, from metadata to a database, with himds, curl, jq and psql.
#
#   STORAGE_ACCOUNT=name lab.sh
#
# The identity needs the roles Reader (resource group), Key Vault Secrets User and Storage Blob Data Contributor; the
# resource group a vault with the secrets psql-cmd, such as "psql -h db.example.com -U app -d demo", and psql-pgpass, a
# line of ~/.pgpass. See docs/lab.md.
set -euo pipefail
ARM=${ARM:-https://management.azure.com}
BLOB=${BLOB:-https://${STORAGE_ACCOUNT:?is the name of the storage account}.blob.core.windows.net}
CONTAINER=${CONTAINER:-arc-lab}
command -v himds >/dev/null || { echo "himds not found: pip install himds" >&2; exit 1; }

scratch=$(mktemp -d) # readable by us alone
trap 'rm -rf "$scratch"' EXIT

# azure TOKEN URL [CURL OPTIONS]: the token goes by a pipe, because everybody can read command lines with ps.
azure() {
    local token=$1 url=$2
    shift 2
    curl --silent --show-error --fail --header @<(printf 'Authorization: Bearer %s\n' "$token") "$@" "$url"
}

echo "1. The machine, from its metadata"
himds metadata >"$scratch/metadata.json"
subscription=$(jq -r .compute.subscriptionId "$scratch/metadata.json")
group=$(jq -r .compute.resourceGroupName "$scratch/metadata.json")
jq -r '.compute | "   \(.name) in \(.resourceGroupName), \(.location)", (.tagsList[] | "   tag \(.name) = \(.value)")' \
    "$scratch/metadata.json"

echo "2. Azure Resource Manager: tags, resources, vault"
# snippet: arm
token=$(himds token --resource https://management.azure.com)
azure "$token" "$ARM/subscriptions/$subscription/tagNames?api-version=2020-06-01" |
    jq -r '.value[] | "   tag name \(.tagName): \([.values[].tagValue] | join(", "))"'
# end of snippet
in_group=$ARM/subscriptions/$subscription/resourceGroups/$group
azure "$token" "$in_group/resources?api-version=2020-06-01" >"$scratch/resources.json"
jq -r '.value[] | "   \(.type) \(.name)"' "$scratch/resources.json"
vault=$(azure "$token" "$in_group/providers/Microsoft.KeyVault/vaults?api-version=2019-09-01" |
    jq -er '.value[0].properties.vaultUri // empty') || { echo "no vault in $group" >&2; exit 1; }
vault=${vault%/}

echo "3. Key Vault: the secrets, which are not shown"
token=$(himds token --resource https://vault.azure.net)
secret() { azure "$token" "$vault/secrets/$1?api-version=7.1" | jq -r .value; }
psql_command=$(secret psql-cmd)
secret psql-pgpass >"$scratch/pgpass"
chmod 600 "$scratch/pgpass" # psql wants it so
echo "   psql-cmd and psql-pgpass from $vault"

echo "4. Blob Storage: a container, and the list of resources in it"
token=$(himds token --resource https://storage.azure.com)
version=(--header "x-ms-version: 2020-04-08")
azure "$token" "$BLOB/$CONTAINER?restype=container" "${version[@]}" --head --output /dev/null 2>/dev/null ||
    azure "$token" "$BLOB/$CONTAINER?restype=container" "${version[@]}" --request PUT --header "Content-Length: 0"
azure "$token" "$BLOB/$CONTAINER/resources.json" "${version[@]}" --header "x-ms-blob-type: BlockBlob" \
    --header "Content-Type: application/json" --upload-file "$scratch/resources.json"
echo "   $BLOB/$CONTAINER/resources.json"

echo "5. PostgreSQL, with what Key Vault keeps"
# The secret is split into words, not given to a shell: it may say where to connect, but not run another program.
read -ra psql <<<"$psql_command"
[ "${psql[0]:-}" = psql ] || { echo "the secret psql-cmd is not a psql command" >&2; exit 1; }
PGPASSFILE=$scratch/pgpass "${psql[@]}" --no-psqlrc --no-password --tuples-only --no-align \
    --command "SELECT '   ' || current_user || ' at ' || current_database()"
