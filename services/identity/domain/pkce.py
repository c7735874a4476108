"""Proof Key for Code Exchange (RFC 7636), S256 only."""

import base64
import hashlib
import hmac
import re

from services.identity.domain.oauth import InvalidGrant, InvalidRequest

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge of an authorization request: required, and never `plain`."""
    if challenge is None:
        raise InvalidRequest("code_challenge is missing: PKCE is required")
    if method != "S256":
        raise InvalidRequest("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge must be 43 characters of base64url")
    return challenge


def check_verifier(verifier: str | None, challenge: str) -> None:
    """The verifier of a token request against the challenge that the code is bound to."""
    if verifier is None:
        raise InvalidGrant("code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("code_verifier must be 43 to 128 unreserved characters")
    digest = hashlib.sha256(verifier.encode()).digest()
    derived = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(derived, challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge")
