#!/bin/sh
# psql on Azure Database for PostgreSQL, with a token as the password: psql.sh [ARGUMENTS OF PSQL...]. PGHOST and PGUSER name the
# server and the Microsoft Entra user that the identity has there.
# The token is in psql's environment only, in no argument and no file. It is not renewed: for programs that reconnect after
# hours, use `himds token-file --watch --format pgpass=...` and PGPASSFILE.
set -eu
: "${PGHOST:?the server, as NAME.postgres.database.azure.com}" "${PGUSER:?the Microsoft Entra user}"
export PGSSLMODE="${PGSSLMODE:-verify-full}" PGSSLROOTCERT="${PGSSLROOTCERT-system}"
exec himds exec --set-env PGPASSWORD=https://ossrdbms-aad.database.windows.net -- psql "$@"
