"""The metadata that a client may register itself with (RFC 7591, section 2)."""

from collections.abc import Mapping
from typing import Any

from services.identity.domain.clients import (
    AUTH_METHODS,
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    REFRESH_TOKEN,
    AuthMethod,
)
from services.identity.domain.mutual_tls import (
    SELF_SIGNED,
    TLS_CLIENT_AUTH,
    certificate_set,
    certificate_subject,
)
from services.identity.domain.oauth import InvalidClientMetadata, InvalidRedirectUri
from services.identity.domain.redirect_uris import check_registrable
from services.identity.domain.scopes import parse

_GRANTS = frozenset({AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE})
_BY_PEOPLE = frozenset({AUTHORIZATION_CODE, DEVICE_CODE})
# What a client that registered itself may do when it speaks for nobody.
_FOR_ITSELF = frozenset({"catalogue.read", "events.read"})
_MOST = 20
_LONGEST_NAME = 200
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def checked_metadata(
    given: Mapping[str, Any],
    allowed: frozenset[str],
    *,
    loopback_http: bool,
    tls_methods: tuple[AuthMethod, ...],
) -> dict[str, Any]:
    """The fields of a client; fields that are not known here are ignored, as the RFC says."""
    method = _auth_method(given, (*AUTH_METHODS, *tls_methods))
    grants = _grant_types(given, method)
    uris = _uris(given, "redirect_uris", loopback_http=loopback_http)
    if (AUTHORIZATION_CODE in grants) != bool(uris):
        raise InvalidRedirectUri(
            "redirect_uris belong to the authorization_code grant, and it to them"
        )
    scopes = _scopes(given, allowed)
    _check_subject(given)
    return {
        "name": _name(given),
        "auth_method": method,
        "jwks": _jwks(given, method),
        "grant_types": grants,
        "redirect_uris": uris,
        "post_logout_uris": _uris(given, "post_logout_redirect_uris", loopback_http=loopback_http),
        "backchannel_logout_uri": _logout_uri(given, loopback_http=loopback_http),
        "backchannel_logout_session_required": _yes_or_no(
            given, "backchannel_logout_session_required"
        ),
        "scopes": scopes if grants & _BY_PEOPLE else frozenset(),
        "own_scopes": scopes & _FOR_ITSELF if CLIENT_CREDENTIALS in grants else frozenset(),
        "native": _application_type(given) == "native",
        "dpop_bound_access_tokens": _yes_or_no(given, "dpop_bound_access_tokens"),
        "tls_client_auth": certificate_subject(given) if method == TLS_CLIENT_AUTH else None,
        "certificate_bound_access_tokens": bool(tls_methods)
        and _yes_or_no(given, "tls_client_certificate_bound_access_tokens"),
        "require_par": _yes_or_no(given, "require_pushed_authorization_requests"),
    }


def _auth_method(given: Mapping[str, Any], methods: tuple[AuthMethod, ...]) -> str:
    method = given.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in methods:
        raise InvalidClientMetadata(f"token_endpoint_auth_method is one of {', '.join(methods)}")
    return str(method)


def _grant_types(given: Mapping[str, Any], method: str) -> frozenset[str]:
    grants = frozenset(_texts(given, "grant_types", [AUTHORIZATION_CODE]))
    if not grants or not grants <= _GRANTS:
        raise InvalidClientMetadata(f"grant_types are of {', '.join(sorted(_GRANTS))}")
    if method == "none" and CLIENT_CREDENTIALS in grants:
        raise InvalidClientMetadata("a public client has no client_credentials")
    expected = ["code"] if AUTHORIZATION_CODE in grants else []
    if _texts(given, "response_types", expected) != expected:
        raise InvalidClientMetadata("response_types must be [code] for authorization_code")
    return grants


def _uris(given: Mapping[str, Any], name: str, *, loopback_http: bool) -> tuple[str, ...]:
    return tuple(
        check_registrable(uri, loopback_http=loopback_http) for uri in _texts(given, name, [])
    )


def _logout_uri(given: Mapping[str, Any], *, loopback_http: bool) -> str | None:
    """Where we post logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.2)."""
    uri = given.get("backchannel_logout_uri")
    if uri is None:
        return None
    if not isinstance(uri, str):
        raise InvalidClientMetadata("backchannel_logout_uri is one URI")
    try:
        return check_registrable(uri, loopback_http=loopback_http)
    except InvalidRedirectUri as wrong:
        why = wrong.description.replace("a redirect URI", "it")
        raise InvalidClientMetadata(f"backchannel_logout_uri: {why}") from None


def _scopes(given: Mapping[str, Any], allowed: frozenset[str]) -> frozenset[str]:
    """RFC 7591: the server may give less than was asked for; what it gave stands in the answer."""
    asked = given.get("scope")
    if asked is None:
        return allowed
    if not isinstance(asked, str):
        raise InvalidClientMetadata("scope is one text with spaces between")
    return parse(" ".join(one for one in asked.split() if one in allowed))


def _jwks(given: Mapping[str, Any], method: str) -> dict[str, Any] | None:
    if "jwks_uri" in given:
        raise InvalidClientMetadata("jwks_uri is not supported: send the keys in jwks")
    if method == SELF_SIGNED:
        return certificate_set(given.get("jwks"))
    return key_set(given.get("jwks")) if method == "private_key_jwt" else None


def key_set(given: object) -> dict[str, Any]:
    """The public keys with which a client signs its assertions."""
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST:
        raise InvalidClientMetadata("private_key_jwt needs jwks with at least one key")
    return {"keys": [_public_key(key) for key in keys]}


def _public_key(key: object) -> dict[str, str]:
    if not isinstance(key, dict) or key.get("kty") != "EC" or key.get("crv") != "P-256":
        raise InvalidClientMetadata("keys are EC keys on P-256, for ES256")
    if _PRIVATE_PARTS & key.keys():
        raise InvalidClientMetadata(
            "a private key was sent: make a new one and send its public part"
        )
    kept = {name: key[name] for name in ("kty", "crv", "x", "y", "kid") if name in key}
    if not all(isinstance(value, str) for value in kept.values()) or not {"x", "y"} <= kept.keys():
        raise InvalidClientMetadata("a key has x and y in base64url")
    return kept


def _name(given: Mapping[str, Any]) -> str:
    name = given.get("client_name", "")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise InvalidClientMetadata(f"client_name is a text of at most {_LONGEST_NAME} characters")
    return name


def _check_subject(given: Mapping[str, Any]) -> None:
    """Who registers itself gets pairwise subjects, whatever it asks for; their sector is the host
    of its redirect URIs, for no document of the client's is ever fetched.
    """
    if given.get("subject_type", "pairwise") not in ("pairwise", "public"):
        raise InvalidClientMetadata("subject_type is pairwise or public")
    if "sector_identifier_uri" in given:
        raise InvalidClientMetadata("sector_identifier_uri is not supported")


def _application_type(given: Mapping[str, Any]) -> str:
    kind = given.get("application_type", "web")
    if kind not in ("web", "native"):
        raise InvalidClientMetadata("application_type is web or native")
    return str(kind)


def _yes_or_no(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise InvalidClientMetadata(f"{name} is true or false")
    return value


def _texts(given: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    value = given.get(name, default)
    if (
        not isinstance(value, list)
        or len(value) > _MOST
        or not all(isinstance(one, str) for one in value)
    ):
        raise InvalidClientMetadata(f"{name} is a list of at most {_MOST} texts")
    return value
