"""Discovery (OpenID Connect Discovery 1.0, RFC 8414): what works, and nothing else."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import provider_of
from services.identity.domain.claims import PERSONAL
from services.identity.domain.clients import AUTH_METHODS, GRANT_TYPES, AuthMethod
from services.identity.domain.scopes import ALL
from shared.auth.dpop import ALGORITHMS

_CACHED = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}


async def discovery(request: Request) -> Response:
    """The metadata of this issuer; the Host header has no part in it."""
    settings = provider_of(request).settings
    content = metadata(settings.issuer)
    if settings.mtls_issuer is not None:
        content |= mutual_tls(content, settings.mtls_issuer, settings.tls_methods)
    return Response(orjson.dumps(content), 200, _CACHED, media_type="application/json")


def metadata(issuer: str) -> dict[str, Any]:
    """Every address follows from the configured issuer."""
    methods = list(AUTH_METHODS)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "end_session_endpoint": f"{issuer}/end_session",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": False,
        "registration_endpoint": f"{issuer}/register",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "scopes_supported": sorted(ALL),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint_auth_methods_supported": methods[:2],
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "prompt_values_supported": ["none", "login", "select_account", "consent", "create"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "at_hash",
            "sid",
            *PERSONAL,
        ],
        "acr_values_supported": [f"urn:tongban:acr:l{level}" for level in range(1, 5)],
        "ui_locales_supported": ["zh-CN", "en"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def mutual_tls(
    content: dict[str, Any], issuer: str, methods: tuple[AuthMethod, ...]
) -> dict[str, Any]:
    """What is added where certificates are asked for (RFC 8705, sections 2, 3.3 and 5)."""
    aliased = ("token", "introspection", "revocation", "userinfo")
    more = {
        f"{name}_endpoint_auth_methods_supported": [
            *content[f"{name}_endpoint_auth_methods_supported"],
            *methods,
        ]
        for name in aliased[:3]
    }
    aliases = {
        f"{name}_endpoint": issuer + content[f"{name}_endpoint"].removeprefix(content["issuer"])
        for name in aliased
    }
    return {
        **more,
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": aliases,
    }
