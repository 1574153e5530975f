"""What ManagedIdentityCredential.get_token returns."""


class TokenPair(tuple):  # type: ignore[type-arg]  # pyright: ignore
    """``(token, expires_on)``, with those names, as azure-core's AccessToken; its repr shows no secret.

    Not a typing.NamedTuple: importing that takes longer than getting a token.
    """

    __slots__ = ()
    __match_args__ = ("token", "expires_on")
    _fields = ("token", "expires_on")

    def __new__(cls, token: str, expires_on: int) -> "TokenPair":
        """Make the pair."""
        return super().__new__(cls, (token, expires_on))

    @property
    def token(self) -> str:
        """The token itself, for an ``Authorization: Bearer`` header."""
        return self[0]

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970."""
        return self[1]

    def __repr__(self) -> str:
        """Give everything but the token."""
        return f"AccessToken(token='[redacted]', expires_on={self.expires_on})"

    def __reduce_ex__(self, protocol: object) -> tuple:  # type: ignore[type-arg]  # pyright: ignore
        """Refuse: a token is a secret."""
        raise TypeError("an access token is a secret and cannot be pickled: pickle the credential instead")

    def __copy__(self) -> "TokenPair":
        """Give this object: it cannot change."""
        return self

    def __deepcopy__(self, memo: object) -> "TokenPair":
        """Give this object: it cannot change."""
        return self
