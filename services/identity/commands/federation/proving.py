"""How we prove ourselves at an upstream's token endpoint."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote_plus

import httpx

from services.identity.commands.signing import SigningKeys
from services.identity.domain.upstreams import Upstream
from shared.clock import now
from shared.ids import new_id

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE = 60

Secret = Callable[[str], Awaitable[str | None]]


class Proving:
    """With the secret that the upstream gave us, or with the key that we publish."""

    def __init__(self, keys: SigningKeys, secret: Secret) -> None:
        """`secret` gives the one of an upstream's code."""
        self._keys = keys
        self._secret = secret

    async def __call__(self, upstream: Upstream) -> tuple[dict[str, str], dict[str, str]]:
        """Form fields and headers of a token request."""
        if upstream.auth_method == "private_key_jwt":
            return await self._assertion(upstream), {}
        secret = await self._secret(upstream.code) or ""
        if upstream.auth_method == "client_secret_post":
            return {"client_id": upstream.client_id, "client_secret": secret}, {}
        basic = httpx.BasicAuth(quote_plus(upstream.client_id), quote_plus(secret))
        request = next(basic.auth_flow(httpx.Request("POST", upstream.issuer)))
        return {}, {"Authorization": request.headers["Authorization"]}

    async def _assertion(self, upstream: Upstream) -> dict[str, str]:
        """RFC 7523, for the issuer alone; our `jwks_uri` has the key, and the one that follows."""
        moment = int(now().timestamp())
        claims = {
            "iss": upstream.client_id,
            "sub": upstream.client_id,
            "aud": upstream.issuer,
            "jti": new_id("jti"),
            "iat": moment,
            "exp": moment + _LIFE,
        }
        signer = await self._keys.signer()
        return {
            "client_id": upstream.client_id,
            "client_assertion_type": _TYPE,
            "client_assertion": signer.sign("JWT", claims),
        }
