"""What a token is bound to: a key that proves itself (RFC 9449), a certificate (RFC 8705)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Binding:
    """The `cnf` of a token (RFC 7800); without either it is a bearer token."""

    key: str | None = None
    certificate: str | None = None

    @property
    def claim(self) -> dict[str, str]:
        """The members of `cnf`."""
        members = {"jkt": self.key, "x5t#S256": self.certificate}
        return {name: value for name, value in members.items() if value is not None}

    @property
    def token_type(self) -> str:
        """How the token is sent; one that is bound to a certificate goes as Bearer."""
        return "Bearer" if self.key is None else "DPoP"

    @property
    def of_refresh_token(self) -> str | None:
        """What a public client's refresh token is bound to, as it is stored."""
        if self.key is not None:
            return f"jkt:{self.key}"
        return None if self.certificate is None else f"x5t#S256:{self.certificate}"


BEARER = Binding()
