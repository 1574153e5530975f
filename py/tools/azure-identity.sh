#!/bin/sh
# @azure/identity, for Node, from npm into .cache/azure-identity.
set -eu
cd "$(dirname "$0")/../.."
command -v npm > /dev/null || { echo "skipped: npm not found (apt-get install npm)"; exit 0; }
directory=.cache/azure-identity
if [ ! -d "$directory/node_modules/@azure/identity" ]; then
    mkdir -p "$directory"
    npm install --silent --no-fund --no-audit --prefix "$directory" @azure/identity
fi
