"""Assertions signed with the client's own key (RFC 7523, and section 9 of OpenID Connect Core)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from services.identity.commands.provider import Provider
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidClient
from shared.clock import now

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_LIFE = timedelta(hours=1)
_LEEWAY = timedelta(seconds=30)
_LARGEST = 8192
_LONGEST_ID = 200
_REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def claimed_client(assertion_type: str | None, assertion: str) -> str:
    """The client that an assertion, not verified yet, names as issuer and subject."""
    if assertion_type != ASSERTION_TYPE:
        raise InvalidClient(f"client_assertion_type must be {ASSERTION_TYPE}")
    claims = _claims(_parsed(assertion))
    client_id = claims.get("sub")
    if not isinstance(client_id, str) or not client_id or claims.get("iss") != client_id:
        raise InvalidClient("iss and sub of the assertion must both be the client_id")
    return client_id


async def check_assertion(provider: Provider, client: Client, assertion: str) -> None:
    """Signature, audience, dates, and that it was never used before."""
    signed = _parsed(assertion)
    check_signature(client, signed)
    claims = _claims(signed)
    check_audience(claims, provider.settings.issuer)
    expires_at = check_dates(claims, now())
    await check_not_replayed(provider, client, claims, expires_at)


def check_signature(client: Client, signed: jws.CompactSignature) -> None:
    """Only the client's registered keys count; `jku`, `x5u` and `jwk` are never looked at."""
    header = signed.headers()
    if header.get("alg") != "ES256" or "crit" in header:
        raise InvalidClient("the assertion must be signed with ES256, without crit")
    if not any(_verifies(signed, key) for key in _candidates(client, header.get("kid"))):
        raise InvalidClient("the assertion is not signed with a registered key of this client")


def check_audience(claims: Mapping[str, Any], issuer: str) -> None:
    """Meant for this authorization server alone: its issuer, or its token endpoint."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in (issuer, f"{issuer}/token"):
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


def _candidates(client: Client, kid: object) -> list[ECKey]:
    stored = (client.jwks or {}).get("keys", [])
    named = [key for key in stored if kid is None or key.get("kid") == kid]
    return [_key(json.dumps(key, sort_keys=True)) for key in named]


@lru_cache(maxsize=256)
def _key(jwk: str) -> ECKey:
    return ECKey.import_key(json.loads(jwk))


def _verifies(signed: jws.CompactSignature, key: ECKey) -> bool:
    try:
        return jws.validate_compact(signed, key, registry=_REGISTRY)
    except JoseError:
        return False


def _parsed(assertion: str) -> jws.CompactSignature:
    if len(assertion) > _LARGEST:
        raise InvalidClient(f"the assertion is longer than {_LARGEST} characters")
    try:
        signed = jws.extract_compact(assertion.encode(), registry=_REGISTRY)
        if not isinstance(signed.headers(), dict):
            raise TypeError
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidClient("the assertion is not a signed JWT") from None
    return signed


def _claims(signed: jws.CompactSignature) -> dict[str, Any]:
    try:
        claims = json.loads(signed.payload or b"")
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise InvalidClient("the assertion holds no claims")
    return claims


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
