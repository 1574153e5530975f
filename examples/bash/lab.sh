#!/bin/bash
# An Arc-enabled server looks at itself and at its resource group, and reads a secret, with `himds`, `curl` and `jq`.
#
#     lab.sh VAULT_URL SECRET_NAME
#
# ARM_URL stands in for Resource Manager's address; CURL_CA_BUNDLE names certificates, as always for curl.
set -euo pipefail
vault=$1 secret=$2
arm=${ARM_URL:-https://management.azure.com}

# get RESOURCE URL: the header comes by standard input, since arguments can be read by every process of the machine.
get() {
    local token
    token=$(himds token --resource "$1")
    curl --silent --show-error --fail --header @- "$2" <<<"Authorization: Bearer $token"
}

# 1. What this machine is.
subscription=$(himds metadata --path /compute/subscriptionId)
group=$(himds metadata --path /compute/resourceGroupName)
echo "subscription $subscription, resource group $group"
himds metadata --path /compute/tagsList --json | jq -r '.[] | "tag \(.name) = \(.value)"'

# 2. What is in its resource group, and the vaults there.
scope="$arm/subscriptions/$subscription"
get https://management.azure.com "$scope/tagNames?api-version=2021-04-01" | jq -r '.value[].tagName' | sed 's/^/tag name /'
get https://management.azure.com "$scope/resourceGroups/$group/resources?api-version=2020-06-01" | jq -r '.value[].name' | sed 's/^/resource /'
get https://management.azure.com "$scope/resourceGroups/$group/providers/Microsoft.KeyVault/vaults?api-version=2019-09-01" |
    jq -r '.value[].name' | sed 's/^/vault /'

# 3. A secret.
value=$(get https://vault.azure.net "$vault/secrets/$secret?api-version=7.1" | jq -r .value)
echo "the secret $secret has ${#value} characters"
