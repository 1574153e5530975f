# To type checkers the pair is azure-core's AccessToken, so that the credential is what Azure SDK clients want. If
# azure-core is not installed they take the base for Any. At run time it is one if the program has imported azure-core.
from typing import NoReturn

from azure.core.credentials import AccessToken as _AzureAccessToken
from typing_extensions import Self

class TokenPair(_AzureAccessToken, tuple[str, int]):  # type: ignore[misc,unused-ignore]
    __match_args__ = ("token", "expires_on")
    def __new__(cls, token: str, expires_on: int) -> Self: ...
    @property
    def token(self) -> str: ...  # type: ignore[override,unused-ignore]
    @property
    def expires_on(self) -> int: ...  # type: ignore[override,unused-ignore]
    def __replace__(self, **changes: object) -> Self: ...
    def __reduce_ex__(self, protocol: object) -> NoReturn: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object) -> Self: ...
