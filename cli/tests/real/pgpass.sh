#!/bin/bash
# psql takes the password from the file that `himds token-file --format pgpass=` writes, for a real PostgreSQL whose users
# have the token as their password; one has a name that must be escaped.
#
#   pgpass.sh EMULATOR HIMDS
set -euo pipefail
if [ "${3:-}" != inside ]; then exec "$1" --no-imds -- "$0" "$1" "$2" inside; fi
himds=$2 example=$(cd "$(dirname "$0")/../../../examples/tools" && pwd)/psql.sh
skip() { echo "skipped: $1 not found ($2)"; exit 0; }
command -v psql >/dev/null || skip psql "apt-get install postgresql-client"
pg_bin=$(find /usr/lib/postgresql/*/bin /usr/bin -maxdepth 1 -name initdb 2>/dev/null | sort -V | tail -1 | xargs -r dirname)
[ -n "$pg_bin" ] || skip initdb "apt-get install postgresql"
as_postgres=()
if [ "$(id -u)" = 0 ]; then # which PostgreSQL refuses to run as
    id postgres >/dev/null 2>&1 || skip "user postgres" "apt-get install postgresql"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
cluster=$(mktemp -d)
clean() {
    [ ! -f "$cluster/data/postmaster.pid" ] || in_cluster "$pg_bin/pg_ctl" -D data -m immediate -w stop >/dev/null
    rm -rf "$cluster"
}
trap clean EXIT
[ ${#as_postgres[@]} = 0 ] || chown postgres "$cluster"
in_cluster() { (cd "$cluster" && exec env -u LC_ALL LC_MESSAGES=C "${as_postgres[@]}" "$@"); }
fail() { echo "pgpass: $1" >&2; cat "$cluster"/*.out "$cluster/log" >&2 2>/dev/null || true; exit 1; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

resource=https://ossrdbms-aad.database.windows.net
token=$("$himds" token "$resource" --token-dir "$HIMDS_EMULATOR_TOKEN_DIR")
port=$(free_port)
printf '%s\n' "$token" | in_cluster tee "$cluster/password" >/dev/null
in_cluster "$pg_bin/initdb" -D data -U app --auth=scram-sha-256 --pwfile=password --no-sync -E UTF8 --locale=C >"$cluster/initdb.out"
in_cluster "$pg_bin/pg_ctl" -D data -l log -w start -o "-p $port -h 127.0.0.1 -k $cluster -F" >"$cluster/pg.out" || fail "PostgreSQL did not start"
unset "${!PG@}"
export PGPASSFILE=$cluster/pgpass
connect() { psql -X -w -A -t -h 127.0.0.1 -p "$port" -U "$1" -d postgres "${@:2}" 2>"$cluster/psql.out"; }
write() { "$himds" token-file --resource "$resource" --token-dir "$HIMDS_EMULATOR_TOKEN_DIR" --out "$PGPASSFILE" --format "pgpass=$1"; }

! connect app -c "SELECT 1" || fail "it needs no password"
write "127.0.0.1:$port:postgres:app"
[ "$(stat -c %a "$PGPASSFILE")" = 600 ] || fail "others can read the file"
[ "$(connect app -c "SELECT current_user")" = app ] || fail "psql does not take the file"
odd='dom\ain:app'
connect app -v odd="$odd" -v token="$token" <<<'CREATE ROLE :"odd" LOGIN PASSWORD :'\''token'\' >/dev/null || fail "no second user"
write '*:*:*:dom\\ain\:app'
[ "$(connect "$odd" -c "SELECT current_user")" = "$odd" ] || fail "an odd name is not escaped"
! connect app -c "SELECT 1" || fail "the line is another user's too"

# The example, with a command himds that knows where the emulator has its keys.
mkdir "$cluster/bin"
printf '#!/bin/sh\nsubcommand=$1\nshift\nexec "%s" "$subcommand" --token-dir "%s" "$@"\n' "$himds" "$HIMDS_EMULATOR_TOKEN_DIR" >"$cluster/bin/himds"
chmod +x "$cluster/bin/himds"
who=$(PATH=$cluster/bin:$PATH PGHOST=127.0.0.1 PGPORT=$port PGUSER=app PGSSLMODE=disable PGSSLROOTCERT='' PGPASSFILE=/dev/null \
    "$example" -X -w -A -t -d postgres -c "SELECT current_user" 2>"$cluster/psql.out") || fail "the example fails"
[ "$who" = app ] || fail "the example connects as $who"
echo "pgpass: $(psql --version): ok"
