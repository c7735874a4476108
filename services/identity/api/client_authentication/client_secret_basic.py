"""HTTP Basic with a long random secret (RFC 6749, section 2.3.1)."""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import unquote_plus

from starlette.requests import Request

from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidClient


def credentials(request: Request) -> tuple[str, str]:
    """Client id and secret, each form-decoded."""
    given = request.headers.getlist("authorization")
    scheme, _, encoded = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "basic":
        raise InvalidClient("authenticate with HTTP Basic or private_key_jwt")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
        client_id, colon, secret = text.partition(":")
        decoded = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise InvalidClient("the Basic credentials cannot be read") from None
    if not colon or "\0" in "".join(decoded):
        raise InvalidClient("the Basic credentials cannot be read")
    return decoded


def check_secret(client: Client, secret: str) -> None:
    """Compared in constant time, against a hash."""
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    if not hmac.compare_digest(hashed, client.secret_hash or ""):
        raise InvalidClient("the client secret is wrong")
