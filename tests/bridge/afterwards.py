"""After all others: what they wrote."""

from bridge import *


@test("audit-has-no-token")
def audit_has_no_token():
    secrets = [*SECRETS, *agent("/emulator/secrets")]
    assert len(secrets) > 10 and any(is_token(secret) for secret in secrets), len(secrets)
    granted = 0
    for path in OUTPUTS:
        with open(path) as file:
            text = file.read()
        granted += text.count("granted rule=")
        for secret in secrets:
            assert secret not in text, f"a key or a token is in {path}"
            # Nor a part of it that would do.
            assert secret.rpartition(".")[2][:40] not in text, f"a part of a token is in {path}"
    assert granted > 5, granted
