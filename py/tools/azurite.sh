#!/bin/sh
# Azurite, the storage emulator, from npm into .cache/azurite, with a certificate of its own.
set -eu
cd "$(dirname "$0")/../.."
command -v npm > /dev/null || { echo "skipped: npm not found (apt-get install npm)"; exit 0; }
directory=.cache/azurite
if [ ! -x "$directory/node_modules/.bin/azurite-blob" ]; then
    mkdir -p "$directory"
    npm install --silent --no-fund --no-audit --prefix "$directory" azurite
fi
