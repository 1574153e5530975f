"""What ManagedIdentityCredential.get_token returns."""


class TokenPair(tuple):  # type: ignore[type-arg]  # pyright: ignore
    """``(token, expires_on)``, with those names and a NamedTuple's methods; its repr shows no secret.

    If the program has imported azure-core, what get_token returns is an azure.core.credentials.AccessToken too.
    """

    # Not a typing.NamedTuple: importing that takes longer than getting a token.

    __slots__ = ()
    __match_args__ = ("token", "expires_on")
    _fields = ("token", "expires_on")
    _field_defaults: "dict[str, object]" = {}  # noqa: RUF012  # As a NamedTuple has it; ClassVar would be an import.

    def __new__(cls, token: str, expires_on: int) -> "TokenPair":
        """Make the pair of a token and the second since 1970 at which it expires."""
        # Not super(): in a class of azure-core's too, that is a NamedTuple.
        return tuple.__new__(cls, (token, expires_on))

    @classmethod
    def _make(cls, iterable: "tuple[str, int]") -> "TokenPair":
        """Make the pair of the two that an iterable yields; a TypeError if it yields another number."""
        return cls(*iterable)

    def _asdict(self) -> "dict[str, object]":
        """Return a new dict of the names and their values, the token among them."""
        return {"token": self.token, "expires_on": self.expires_on}

    def _replace(self, **changes: object) -> "TokenPair":
        """Return a new pair with other values; a TypeError for another name."""
        return type(self)(**{**self._asdict(), **changes})  # type: ignore[arg-type]  # pyright: ignore

    # For copy.replace.
    __replace__ = _replace

    @property
    def token(self) -> str:
        """The token itself, for an ``Authorization: Bearer`` header."""
        return self[0]

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970."""
        return self[1]

    def __repr__(self) -> str:
        """Return everything but the token."""
        return f"AccessToken(token='[redacted]', expires_on={self.expires_on})"

    def __reduce_ex__(self, protocol: object) -> tuple:  # type: ignore[type-arg]  # pyright: ignore
        """Refuse with a TypeError: a token is a secret."""
        raise TypeError("an access token is a secret and cannot be pickled: pickle the credential instead")

    def __copy__(self) -> "TokenPair":
        """Return this object: it cannot change."""
        return self

    def __deepcopy__(self, memo: object) -> "TokenPair":
        """Return this object: it cannot change."""
        return self
