"""Assertions signed with the client's own key (RFC 7523, and section 9 of OpenID Connect Core)."""

import binascii
import hashlib
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from services.identity.commands.provider import Provider
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidClient
from shared.clock import now

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_LIFE = timedelta(hours=1)
_LEEWAY = timedelta(seconds=30)
_LARGEST = 8192
# The issuer, the token endpoint, and that of pushed requests (RFC 9126, section 2).
_ENDS = ("", "/token", "/par")
_LONGEST_ID = 200
_PARTS = 3
_COORDINATE_BYTES = 32
_ES256 = ECDSA(SHA256())
_BASE64URL = str.maketrans(
    "", "", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A compact JWS taken apart once; nothing of it is believed yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, assertion_type: str | None, assertion: str) -> "Assertion":
        """The assertion of a request."""
        if assertion_type != ASSERTION_TYPE:
            raise InvalidClient(f"client_assertion_type must be {ASSERTION_TYPE}")
        if len(assertion) > _LARGEST:
            raise InvalidClient(f"the assertion is longer than {_LARGEST} characters")
        parts = assertion.split(".")
        if len(parts) != _PARTS or not assertion.isascii():
            raise InvalidClient("the assertion is not a signed JWT")
        header, payload, signature = (_decoded(part) for part in parts)
        return cls(
            _object(header, "the assertion is not a signed JWT"),
            _object(payload, "the assertion holds no claims"),
            assertion.rpartition(".")[0].encode(),
            signature,
        )


def claimed_client(assertion: Assertion) -> str:
    """The client that an assertion, not verified yet, names as issuer and subject."""
    client_id = assertion.claims.get("sub")
    if not isinstance(client_id, str) or not client_id or assertion.claims.get("iss") != client_id:
        raise InvalidClient("iss and sub of the assertion must both be the client_id")
    return client_id


def check_signature(client: Client, assertion: Assertion) -> None:
    """Only the client's registered keys count; `jku`, `x5u` and `jwk` are never looked at."""
    header = assertion.header
    if header.get("alg") != "ES256" or "crit" in header:
        raise InvalidClient("the assertion must be signed with ES256, without crit")
    if not any(_verifies(assertion, key) for key in _candidates(client, header.get("kid"))):
        raise InvalidClient("the assertion is not signed with a registered key of this client")


async def check_claims(provider: Provider, client: Client, assertion: Assertion) -> None:
    """Audience, dates, and that it was never used before."""
    check_audience(assertion.claims, provider.settings.issuer)
    expires_at = check_dates(assertion.claims, now())
    await check_not_replayed(provider, client, assertion.claims, expires_at)


def check_audience(claims: Mapping[str, Any], issuer: str) -> None:
    """Meant for this authorization server alone: its issuer, or one of its endpoints."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in [f"{issuer}{end}" for end in _ENDS]:
        raise InvalidClient(f"aud of the assertion must be {issuer} and nothing else")


def check_dates(claims: Mapping[str, Any], moment: datetime) -> datetime:
    """Its end, which must lie ahead and near; what is not yet valid is refused."""
    ends = _moment(claims, "exp")
    if ends is None:
        raise InvalidClient("the assertion has no exp")
    if ends <= moment - _LEEWAY:
        raise InvalidClient("the assertion has expired; compare the clocks")
    if ends > moment + _LONGEST_LIFE + _LEEWAY:
        raise InvalidClient("the assertion lives too long: an hour at most")
    for name in ("nbf", "iat"):
        begins = _moment(claims, name)
        if begins is not None and begins > moment + _LEEWAY:
            raise InvalidClient(f"{name} of the assertion lies in the future; compare the clocks")
    return ends


async def check_not_replayed(
    provider: Provider, client: Client, claims: Mapping[str, Any], expires_at: datetime
) -> None:
    """`jti` is required and used once."""
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 0 < len(token_id) <= _LONGEST_ID:
        raise InvalidClient("the assertion needs a jti")
    hashed = hashlib.sha256(f"{client.id}\0{token_id}".encode()).hexdigest()
    if not await provider.used_once.first(hashed, expires_at + _LEEWAY):
        raise InvalidClient("the assertion was used before")


def _candidates(client: Client, kid: object) -> list[EllipticCurvePublicKey]:
    stored = (client.jwks or {}).get("keys", [])
    return [_key(key["x"], key["y"]) for key in stored if kid is None or key.get("kid") == kid]


@lru_cache(maxsize=1024)
def _key(x: str, y: str) -> EllipticCurvePublicKey:
    """P-256 is the only curve that a client can register."""
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y}).public_key


def _verifies(assertion: Assertion, key: EllipticCurvePublicKey) -> bool:
    raw = assertion.signature
    if len(raw) != 2 * _COORDINATE_BYTES:
        return False
    r, s = int.from_bytes(raw[:_COORDINATE_BYTES]), int.from_bytes(raw[_COORDINATE_BYTES:])
    try:
        key.verify(encode_dss_signature(r, s), assertion.signed, _ES256)
    except InvalidSignature:
        return False
    return True


def _decoded(part: str) -> bytes:
    try:
        # The standard library's decoder would pass over what is no base64url.
        if not part.isascii() or part.translate(_BASE64URL):
            raise ValueError
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise InvalidClient("the assertion is not a signed JWT") from None


def _object(raw: bytes, otherwise: str) -> dict[str, Any]:
    try:
        content = orjson.loads(raw)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InvalidClient(otherwise)
    return content


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidClient(f"{name} of the assertion must be a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidClient(f"{name} of the assertion is out of range") from None
