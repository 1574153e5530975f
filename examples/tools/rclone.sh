#!/bin/sh
# Copies a directory to Blob Storage: rclone.sh DIRECTORY CONTAINER. The identity needs the role Storage Blob Data Contributor.
# rclone gets tokens for storage and for nothing else, and no instance metadata.
set -eu
config=${RCLONE_CONFIG:-$(dirname "$0")/rclone.conf}
exec himds exec --resource https://storage.azure.com --no-metadata -- rclone --config "$config" copy "$1" "azure:$2"
