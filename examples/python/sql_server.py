"""Azure SQL by pyodbc: the token goes to the driver as a structure of its own, before it connects."""

import struct
from typing import Any

import himds

SQL_COPT_SS_ACCESS_TOKEN = 1256  # of msodbcsql.h


def access_token_struct(token: str) -> bytes:
    """ACCESSTOKEN of msodbcsql.h: the length in bytes, then the token in UTF-16, little-endian both."""
    data = token.encode("utf-16-le")
    return struct.pack(f"<I{len(data)}s", len(data), data)


def connection_attributes() -> "dict[int, bytes]":
    """What pyodbc.connect takes as ``attrs_before``."""
    token = himds.Client().token("https://database.windows.net")
    return {SQL_COPT_SS_ACCESS_TOKEN: access_token_struct(token.token)}


def connect(server: str, database: str) -> Any:
    """Connect. The driver must not be given a user, a password or an Authentication keyword as well."""
    import pyodbc  # type: ignore[import-not-found,import-untyped,unused-ignore]

    options = f"Driver={{ODBC Driver 18 for SQL Server}};Server={server};Database={database};Encrypt=yes"
    return pyodbc.connect(options, attrs_before=connection_attributes())
