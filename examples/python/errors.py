"""What can go wrong, and what to do about it."""

import sys

import himds

try:
    token = himds.Client(timeout=5).token("https://vault.azure.net")
except himds.UnavailableError as error:
    sys.exit(f"no managed identity here: {error.message}")
except himds.KeyFileUnreadableError as error:
    sys.exit(f"may not read {error.filename}: {error.hint}")
except himds.ThrottledError as error:
    sys.exit(f"try again in {error.retry_after} seconds")
except himds.Error as error:
    sys.exit(f"{error.kind} ({error.status}): {error.message}\n{error.hint}")
print("a token for", token.resource)
