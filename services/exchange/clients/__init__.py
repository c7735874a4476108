"""What exchange asks of others: identity who somebody is, departments what they know."""

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
