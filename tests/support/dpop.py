"""A client's key and its proofs of possession (RFC 9449), sound or as an attacker makes them."""

from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from shared.auth import dpop
from shared.clock import now
from shared.ids import new_id
from tests.support.identity import ISSUER
from tests.support.tokens import Issuer, new_key

TOKEN_URL = f"{ISSUER}/token"


class Holder:
    """Who holds a key, and signs a proof for each request."""

    def __init__(self, key: ECKey | OKPKey | RSAKey | None = None, alg: str = "ES256") -> None:
        self.key = key or new_key()
        self.alg = alg

    @property
    def thumbprint(self) -> str:
        """What `cnf.jkt` and `dpop_jkt` say."""
        return str(self.key.thumbprint())

    def proof(
        self,
        url: str = TOKEN_URL,
        method: str = "POST",
        *,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        signer: Any = None,
        **changes: Any,
    ) -> str:
        """One proof; `header` and `changes` make it unsound, None takes a part away."""
        public = self.key.as_dict(private=False)
        jwk = {n: v for n, v in public.items() if n in {"kty", "crv", "x", "y", "n", "e"}}
        protected = {"typ": "dpop+jwt", "alg": self.alg, "jwk": jwk} | (header or {})
        claims: dict[str, Any] = {
            "jti": new_id("jti"),
            "htm": method,
            "htu": url,
            "iat": int(now().timestamp()),
            "ath": dpop.token_hash(token) if token is not None else None,
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return Issuer.sign(protected, kept, signer or self.key)

    def headers(self, token: str, url: str, method: str = "GET", **changes: Any) -> dict[str, str]:
        """The headers of a request to a protected resource."""
        return {
            "Authorization": f"DPoP {token}",
            "DPoP": self.proof(url, method, **{"token": token, **changes}),
        }
