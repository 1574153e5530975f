"""Azure Database for PostgreSQL by psycopg: the token is the password, requested for each connection."""

from typing import Any

import himds

client = himds.Client()


def connection_arguments(host: str, user: str, database: str = "postgres") -> "dict[str, str]":
    """Arguments for psycopg.connect; ``user`` is the name of the identity's role in the database."""
    token = client.token("https://ossrdbms-aad.database.windows.net")
    return {"host": host, "user": user, "dbname": database, "password": token.token, "sslmode": "verify-full"}


def connect(host: str, user: str) -> Any:
    """Connect. A token is checked when a session begins: it does not end the session when it expires."""
    import psycopg  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return psycopg.connect(**connection_arguments(host, user))
