#!/bin/bash
# examples/bash from the first line to the last: the emulator as HIMDS, ARM and Key Vault, Azurite as Blob Storage, and
# a PostgreSQL of its own that wants the password. usage: run.sh EMULATOR HIMDS, the latter the command
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
emulator=$1 himds=$2
azurite=$root/.cache/azurite/node_modules/.bin/azurite-blob

skip() { echo "skipped: $1 not found ($2)"; exit 0; }
for tool in curl jq openssl psql; do
    case $tool in psql) package=postgresql-client ;; *) package=$tool ;; esac
    command -v $tool >/dev/null || skip $tool "apt-get install $package"
done
[ -x "$azurite" ] || skip azurite "npm install azurite, by py/tools/azurite.sh"
command -v node >/dev/null || skip node "apt-get install nodejs"
pg_bin=$(find /usr/lib/postgresql/*/bin /usr/bin -maxdepth 1 -name initdb 2>/dev/null | sort -V | tail -1 | xargs -r dirname)
[ -n "$pg_bin" ] || skip initdb "apt-get install postgresql"

as_postgres=()
if [ "$(id -u)" = 0 ]; then # which PostgreSQL refuses to run as
    id postgres >/dev/null 2>&1 || skip "user postgres" "apt-get install postgresql"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
scratch=$(mktemp -d)
cluster=$(mktemp -d)
clean() {
    [ ! -f "$cluster/data/postmaster.pid" ] || in_cluster "$pg_bin/pg_ctl" -D data -m immediate -w stop >/dev/null
    [ -z "${AZURITE_PID:-}" ] || { kill "$AZURITE_PID" && wait "$AZURITE_PID"; } 2>/dev/null || true
    rm -rf "$scratch" "$cluster"
}
trap clean EXIT
[ ${#as_postgres[@]} = 0 ] || chown postgres "$cluster"
in_cluster() { (cd "$cluster" && exec env -u LC_ALL LC_MESSAGES=C "${as_postgres[@]}" "$@"); }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
fail() {
    echo "lab: $1" >&2
    cat "$scratch"/*.out "$cluster/log" >&2 2>/dev/null || true
    exit 1
}

mkdir "$scratch/nothing"
said=$(PATH=$scratch/nothing BLOB=x "$BASH" "$root/examples/bash/lab.sh" 2>&1) && fail "lab.sh runs without himds"
[[ $said = *"pip install himds"* ]] || fail "lab.sh does not say what is missing: $said"

password=$(openssl rand -hex 16)
port=$(free_port)
echo "$password" | in_cluster tee "$cluster/password" >/dev/null
in_cluster "$pg_bin/initdb" -D data -U arcdemo --auth=scram-sha-256 --pwfile=password --no-sync -E UTF8 --locale=C >"$scratch/initdb.out"
in_cluster "$pg_bin/pg_ctl" -D data -l log -w start -o "-p $port -h 127.0.0.1 -k $cluster -F" >"$scratch/pg.out" || fail "PostgreSQL did not start"
PGPASSWORD=$password psql -X -q -h 127.0.0.1 -p "$port" -U arcdemo -d postgres -c "CREATE DATABASE demo"

blob_port=$(free_port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
cd "$scratch"
coproc AZURITE { exec "$azurite" --oauth basic --skipApiVersionCheck --disableTelemetry --inMemoryPersistence \
    --cert cert.pem --key key.pem --blobHost 127.0.0.1 --blobPort "$blob_port" --silent 2>&1; }
while read -r line <&"${AZURITE[0]}" && [[ $line != *"successfully listen"* ]]; do echo "$line" >>azurite.out; done
[[ ${line:-} = *"successfully listen"* ]] || fail "Azurite did not start"

cat >emulator.toml <<TOML
[azure.secrets]
psql-cmd = "psql -h 127.0.0.1 -p $port -U arcdemo -d demo"
psql-pgpass = "127.0.0.1:$port:demo:arcdemo:$password"
TOML
# The examples know nothing of tests: the token directory, for which there is no variable, comes in by this `himds`.
mkdir bin
cat >bin/himds <<'SH'
#!/bin/sh
case $* in *--stdin*) exec "$HIMDS_COMMAND" "$@" ;; esac
exec "$HIMDS_COMMAND" "$@" --token-dir "$HIMDS_EMULATOR_TOKEN_DIR"
SH
chmod +x bin/himds
export HIMDS_COMMAND=$himds PATH=$scratch/bin:$PATH BLOB=https://127.0.0.1:$blob_port/devstoreaccount1
unset PGPASSWORD PGPASSFILE PGHOST PGPORT PGUSER PGDATABASE

"$emulator" --azure --no-imds --config emulator.toml -- bash -c '
    set -euo pipefail
    # One file for curl: the authority of the emulator and the certificate of Azurite.
    cat "$HIMDS_EMULATOR_CA_FILE" cert.pem >bundle.pem
    export CURL_CA_BUNDLE=$PWD/bundle.pem ARM=$HIMDS_EMULATOR_ARM
    bash "$0/lab.sh" >lab.out
    bash "$0/lab.sh" >again.out      # the container is there by now
    bash "$0/token.sh" https://vault.azure.net >token.out
    bash "$0/pipeline.sh" >pipeline.token
    himds claims --stdin --json <pipeline.token >pipeline.out
    token=$(himds token --resource https://storage.azure.com)
    curl -fsS -H "x-ms-version: 2020-04-08" -H "Authorization: Bearer $token" "$BLOB/arc-lab/resources.json" -o blob.json
    curl -fsS -H "Authorization: Bearer $(cat pipeline.token)" \
        "$ARM/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers/resources?api-version=2020-06-01" -o resources.json
    # Both check tokens: without this, the above would prove nothing.
    other=$(himds token --resource https://vault.azure.net)
    curl -sS -o refused.out -w "%{http_code}\n" -H "x-ms-version: 2020-04-08" -H "Authorization: Bearer $other" "$BLOB/arc-lab/resources.json" >refused
' "$root/examples/bash" 2>emulator.out || fail "it failed"

for text in 'arc-demo in arc-servers, westeurope' 'tag owner = ops;team:a' 'tag name Project: jumpstart_azure_arc_servers' \
    'Microsoft.HybridCompute/machines arc-demo' 'Microsoft.KeyVault/vaults arc-demo-vault' '/arc-lab/resources.json' \
    '   arcdemo at demo'; do
    grep -qF -e "$text" lab.out || fail "it does not show: $text"
done
cmp -s lab.out again.out || fail "a second run shows something else"
[ "$(jq -r '.value | length' blob.json)" = 2 ] && cmp -s blob.json resources.json || fail "the blob is not what was uploaded"
jq -e '.aud == "https://vault.azure.net"' token.out >/dev/null || fail "token.sh has another audience"
jq -e '.aud == "https://management.azure.com"' pipeline.out >/dev/null || fail "pipeline.sh has another audience"
[[ $(cat refused) = 40[13] ]] || fail "Azurite takes any token"
! grep -qe "$password" -e eyJ ./*.out || fail "it shows a secret"
echo "lab: ok"
