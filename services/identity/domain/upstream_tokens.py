"""What the claims of an upstream's tokens must say: one function per requirement.

The signature was checked before. OpenID Connect Core, section 3.1.3.7; Back-Channel Logout,
section 2.6.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
SKEW = 60
_LONGEST_SUBJECT = 255
_OLDEST = 600
_FAR = 2**40

Claims = Mapping[str, Any]


class Distrusted(Exception):
    """A token or answer of an upstream is not what it should be; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an ID token must agree with."""

    issuer: str
    client_id: str
    nonce: str
    now: int
    max_age: int | None = None
    not_before: int | None = None  # a login made for this request was asked for then


def check_id_token(claims: Claims, expected: Expected, access_token: str, alg: str) -> None:
    """Every check, in the order of the specification."""
    check_issuer(claims, expected.issuer)
    check_audience(claims, expected.client_id)
    check_dates(claims, expected.now)
    check_subject(claims)
    if claims.get("nonce") != expected.nonce:
        raise Distrusted("wrong_nonce")
    check_at_hash(claims, access_token, alg)
    check_auth_time(claims, expected)


def check_logout_token(claims: Claims, issuer: str, client_id: str, now: int) -> None:
    """A logout token says whom, has the one event, and never a nonce."""
    check_issuer(claims, issuer)
    check_audience(claims, client_id)
    check_dates(claims, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Distrusted("no_logout_event")
    if "nonce" in claims:
        raise Distrusted("logout_token_with_nonce")
    if not isinstance(claims.get("jti"), str):
        raise Distrusted("no_jti")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise Distrusted("nobody_named")


def check_issuer(claims: Claims, issuer: str) -> None:
    """`iss` is the issuer, character by character."""
    if claims.get("iss") != issuer:
        raise Distrusted("wrong_issuer")


def check_audience(claims: Claims, client_id: str) -> None:
    """`aud` names us; among several `azp` must name us too."""
    audience = claims.get("aud")
    audience = [audience] if isinstance(audience, str) else audience
    if not isinstance(audience, list) or client_id not in audience:
        raise Distrusted("wrong_audience")
    azp = claims.get("azp")
    if (len(audience) > 1 and azp is None) or azp not in (None, client_id):
        raise Distrusted("wrong_azp")


def check_dates(claims: Claims, now: int) -> None:
    """Not over, not from the future, and not old; clocks may differ by a minute."""
    if _time(claims, "exp") <= now - SKEW:
        raise Distrusted("expired")
    issued = _time(claims, "iat")
    if issued > now + SKEW or ("nbf" in claims and _time(claims, "nbf") > now + SKEW):
        raise Distrusted("from_the_future")
    if issued < now - _OLDEST:
        raise Distrusted("too_old")


def check_subject(claims: Claims) -> None:
    """`sub` is a text of at most 255 characters."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Distrusted("no_subject")


def check_at_hash(claims: Claims, access_token: str, alg: str) -> None:
    """The left half of the access token's hash, when it is there."""
    given = claims.get("at_hash")
    if given is None:
        return
    size = alg[2:] if alg[2:] in ("256", "384", "512") else "512"
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if given != half:
        raise Distrusted("wrong_at_hash")


def check_auth_time(claims: Claims, expected: Expected) -> None:
    """Who was asked for a fresh login must say when it was, and it must be fresh."""
    if claims.get("auth_time") is None:
        if expected.max_age is not None:
            raise Distrusted("no_auth_time")
        return
    moment = _time(claims, "auth_time")
    if moment > expected.now + SKEW:
        raise Distrusted("from_the_future")
    if expected.max_age is not None and moment < expected.now - expected.max_age - SKEW:
        raise Distrusted("login_too_old")
    if expected.not_before is not None and moment < expected.not_before - SKEW:
        raise Distrusted("login_too_old")


def _time(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _FAR:
        raise Distrusted(f"no_{name}")
    return value
