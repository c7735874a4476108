"""How a client proves itself at the token endpoint: a signed assertion, or its secret."""

from collections.abc import Callable
from urllib.parse import quote_plus

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from shared import clock
from shared.ids import new_id

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE = 60

# Adds the proof to a token request: form fields, and credentials for the Authorization header.
Proof = Callable[[dict[str, str]], httpx.BasicAuth | None]


def private_key_jwt(client_id: str, key: ECKey, audience: str) -> Proof:
    """RFC 7523: an assertion of 60 seconds, used once."""

    def prove(form: dict[str, str]) -> None:
        form["client_assertion_type"] = _TYPE
        form["client_assertion"] = assertion(client_id, key, audience)

    return prove


def client_secret(client_id: str, secret: str) -> Proof:
    """RFC 6749, section 2.3.1: both parts form-encoded before they are joined."""
    basic = httpx.BasicAuth(quote_plus(client_id), quote_plus(secret))
    return lambda _form: basic


def assertion(client_id: str, key: ECKey, audience: str) -> str:
    """The signed statement that this is the client, for this authorization server, now."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": new_id("jti"),
        "iat": now,
        "exp": now + _LIFE,
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])
