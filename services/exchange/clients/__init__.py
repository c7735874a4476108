"""What exchange asks of others: identity, and departments' systems."""

from services.exchange.clients.identity import Identity, IdentityUnavailable
from services.exchange.clients.sources import (
    Credentials,
    Record,
    SourceBroken,
    SourceFault,
    Sources,
    SourceUnavailable,
)

__all__ = [
    "Credentials",
    "Identity",
    "IdentityUnavailable",
    "Record",
    "SourceBroken",
    "SourceFault",
    "SourceUnavailable",
    "Sources",
]
