"""Who is asking: verified tokens, subjects, scopes, and tokens of our own for other services."""

from shared.auth.errors import InvalidToken, KeysUnavailable, Reason
from shared.auth.jwks import SigningKeys
from shared.auth.subject import OnBehalfOf, Staff, Subject
from shared.auth.verifier import Verifier

__all__ = [
    "InvalidToken",
    "KeysUnavailable",
    "OnBehalfOf",
    "Reason",
    "SigningKeys",
    "Staff",
    "Subject",
    "Verifier",
]
