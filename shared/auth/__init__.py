"""Who is asking: verified tokens, subjects, scopes, and tokens of our own for other services."""

from shared.auth.bearer import BearerAuth
from shared.auth.challenges import challenge
from shared.auth.errors import InvalidToken, KeysUnavailable, Reason
from shared.auth.fastapi import (
    CurrentSubject,
    InsufficientScope,
    InvalidAccessToken,
    authenticate,
    permit,
    requires,
    requires_any,
)
from shared.auth.jwks import SigningKeys
from shared.auth.possession import Possession, Presented
from shared.auth.revocation_feed import RevocationFeed
from shared.auth.service_tokens import ServiceTokens, TokenError, TokenRefused, TokenUnavailable
from shared.auth.subject import InPlaceOf, OnBehalfOf, Staff, Subject, System
from shared.auth.verifier import Verifier

__all__ = [
    "BearerAuth",
    "CurrentSubject",
    "InPlaceOf",
    "InsufficientScope",
    "InvalidAccessToken",
    "InvalidToken",
    "KeysUnavailable",
    "OnBehalfOf",
    "Possession",
    "Presented",
    "Reason",
    "RevocationFeed",
    "ServiceTokens",
    "SigningKeys",
    "Staff",
    "Subject",
    "System",
    "TokenError",
    "TokenRefused",
    "TokenUnavailable",
    "Verifier",
    "authenticate",
    "challenge",
    "permit",
    "requires",
    "requires_any",
]
