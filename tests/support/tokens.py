"""An issuer of access tokens for tests: real keys, real signatures, any claim as you like it."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from shared import clock
from shared.ids import new_id

ISSUER = "http://localhost:8000/identity"
AUDIENCE = "http://localhost:8000/api/cases"


class Issuer:
    """Signs tokens, counts how often its key set is fetched, and can be taken down."""

    def __init__(self, issuer: str = ISSUER, audience: str = AUDIENCE) -> None:
        self.issuer = issuer
        self.audience = audience
        self.keys = [new_key()]
        self.fetches = 0
        self.down = False

    @property
    def key(self) -> ECKey:
        """The key that signs now."""
        return self.keys[-1]

    async def jwks(self) -> dict[str, Any]:
        """The public key set, as the endpoint answers it."""
        self.fetches += 1
        if self.down:
            raise ConnectionError("the key set cannot be reached")
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def roll(self) -> None:
        """Sign with a new key from now on."""
        self.keys.append(new_key())

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A person's claims with changes; None takes a claim away."""
        now = int(clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": [self.audience],
            "sub": "psn_0190a1b2",
            "client_id": "portal",
            "scope": "cases.apply cases.read",
            "acr": "urn:tongban:acr:l2",
            "sid": "ses_0190a1b2",
            "jti": new_id("jti"),
            "iat": now,
            "auth_time": now - 60,
            "exp": now + 300,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self, *, key: ECKey | None = None, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A signed access token; `header` changes the protected header."""
        key = key or self.key
        protected = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid} | (header or {})
        return self.sign(protected, self.claims(**changes), key)

    @staticmethod
    def sign(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
        """Sign whatever is asked, also what a sound issuer never would."""
        kept = {name: value for name, value in header.items() if value is not None}
        registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jwt.encode(kept, claims, key, registry=registry, default_type=None)


def new_key() -> ECKey:
    """A P-256 key whose id is its thumbprint."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    key.ensure_kid()
    return key
