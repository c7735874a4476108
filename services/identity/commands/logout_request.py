"""What a client asks when it logs somebody out (OpenID Connect RP-Initiated Logout 1.0)."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from joserfc import jws
from joserfc.errors import JoseError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidRequest
from services.identity.store import clients
from shared.auth.jwks import usable_keys

_REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
_LARGEST = 8192


@dataclass(frozen=True, slots=True)
class Hint:
    """An ID token of ours: whose login, through which client. It may have expired."""

    person: str
    client: str
    session: str


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A checked request; `location` is None when the browser stays here."""

    hint: Hint | None
    client: str | None
    location: str | None


def read_hint(token: str, key_set: dict[str, object], issuer: str) -> Hint | None:
    """The hint, if we signed it; the dates do not matter here."""
    if len(token) > _LARGEST:
        return None
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header = signed.headers()
        key = usable_keys(key_set).get(str(header.get("kid")))
        if key is None or header.get("alg") != "ES256" or header.get("typ") != "JWT":
            return None
        if not jws.validate_compact(signed, key, registry=_REGISTRY):
            return None
        claims = json.loads(signed.payload or b"")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    if claims.get("iss") != issuer:
        return None
    return Hint(str(claims.get("sub")), str(claims.get("aud")), str(claims.get("sid")))


async def check_logout(
    connection: AsyncConnection,
    hint: Hint | None,
    client_id: str | None,
    post_logout_redirect_uri: str | None,
    state: str | None,
) -> LogoutRequest:
    """The client, and where the browser goes afterwards: a registered URI, exactly, or nowhere."""
    if hint is not None and client_id not in (None, hint.client):
        raise InvalidRequest("client_id is not that of the id_token_hint")
    asked_by = hint.client if hint is not None else client_id
    client = await clients.find_client(connection, asked_by) if asked_by else None
    if asked_by is not None and client is None:
        raise InvalidRequest("client_id names no client")
    location = _location(client, post_logout_redirect_uri, state)
    return LogoutRequest(hint, asked_by, location)


def _location(client: Client | None, uri: str | None, state: str | None) -> str | None:
    if uri is None:
        return None
    if client is None or uri not in client.post_logout_uris:
        raise InvalidRequest("post_logout_redirect_uri is not registered for the client")
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"
