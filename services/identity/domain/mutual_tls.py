"""What a client registers to be known by its certificate (RFC 8705, section 2)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from services.identity.domain.oauth import InvalidClientMetadata

TLS_CLIENT_AUTH = "tls_client_auth"
SELF_SIGNED = "self_signed_tls_client_auth"

SUBJECT_DN = "tls_client_auth_subject_dn"
SUBJECT_IP = "tls_client_auth_san_ip"
SUBJECTS = (
    SUBJECT_DN,
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    SUBJECT_IP,
    "tls_client_auth_san_email",
)
_MOST = 20
_LONGEST = 500


def certificate_subject(given: Mapping[str, Any]) -> dict[str, str]:
    """Exactly one of the five names that the certificate may be known by."""
    named = {name: given[name] for name in SUBJECTS if given.get(name) is not None}
    if len(named) != 1:
        raise InvalidClientMetadata(f"tls_client_auth needs one of {', '.join(SUBJECTS)}")
    ((name, value),) = named.items()
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise InvalidClientMetadata(f"{name} is a text of at most {_LONGEST} characters")
    return {name: value}


def certificate_set(given: object) -> dict[str, Any]:
    """The certificates themselves, each as the first of `x5c` of a key."""
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST:
        raise InvalidClientMetadata("self_signed_tls_client_auth needs jwks with x5c in each key")
    return {"keys": [_certificate(key) for key in keys]}


def certificates(key_set: Mapping[str, Any] | None) -> list[bytes]:
    """The registered certificates (DER)."""
    return [base64.b64decode(key["x5c"][0]) for key in (key_set or {}).get("keys", [])]


def _certificate(key: object) -> dict[str, Any]:
    chain = key.get("x5c") if isinstance(key, dict) else None
    if not isinstance(key, dict) or not isinstance(chain, list) or not chain:
        raise InvalidClientMetadata("a key has its certificate in x5c")
    try:
        base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise InvalidClientMetadata("x5c holds certificates in base64") from None
    return {"kty": str(key.get("kty", "")), "x5c": [chain[0]]}
