"""Dynamic client registration (RFC 7591) behind an initial access token."""

import json as jsonlib
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.bearer import bearer_token
from services.identity.commands.registration import check_keys, new_client_id, new_client_secret
from services.identity.domain.client_metadata import checked_metadata
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidClientMetadata
from services.identity.domain.subjects import sector_of

_LARGEST = 64 * 1024


async def registration(request: Request) -> Response:
    """A new client; its secret is shown once."""
    provider = provider_of(request)
    allowed = await provider.registration.allowed_scopes(bearer_token(request))
    settings = provider.settings
    wanted = checked_metadata(
        await _metadata(request),
        allowed,
        loopback_http=settings.onebox,
        tls_methods=settings.tls_methods,
    )
    if wanted["auth_method"] == "private_key_jwt":
        check_keys(wanted["jwks"])
    secret, hashed = None, None
    if wanted["auth_method"] == "client_secret_basic":
        secret, hashed = new_client_secret()
    id_ = new_client_id()
    client = Client(
        id=id_,
        secret_hash=hashed,
        third_party=True,
        sector=sector_of(id_, wanted["redirect_uris"]),
        **wanted,
    )
    await provider.registration.register(client, "initial_access_token")
    return json(_written(client, secret), 201)


async def _metadata(request: Request) -> Mapping[str, Any]:
    body = await request.body()
    try:
        content = jsonlib.loads(body) if len(body) <= _LARGEST else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InvalidClientMetadata("send the client metadata as a JSON object")
    return cast(Mapping[str, Any], content)


def _written(client: Client, secret: str | None) -> dict[str, Any]:
    answer = {
        "client_id": client.id,
        "client_secret": secret,
        "client_secret_expires_at": 0 if secret else None,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_uris),
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
        "token_endpoint_auth_method": client.auth_method,
        "grant_types": sorted(client.grant_types),
        "response_types": ["code"] if client.redirect_uris else [],
        "application_type": "native" if client.native else "web",
        "subject_type": "pairwise",
        "require_pushed_authorization_requests": client.require_par,
        "scope": " ".join(sorted(client.scopes | client.own_scopes)),
        "jwks": client.jwks,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
        "tls_client_certificate_bound_access_tokens": client.certificate_bound_access_tokens,
        **(client.tls_client_auth or {}),
    }
    return {name: value for name, value in answer.items() if value is not None}
