"""What exchange asks of others, and sends them: identity, departments' systems, receivers."""

from services.exchange.clients.addresses import AddressRefused, Guard, Limits, Network
from services.exchange.clients.identity import Identity, IdentityUnavailable
from services.exchange.clients.sources import (
    Credentials,
    Record,
    SourceBroken,
    SourceFault,
    Sources,
    SourceUnavailable,
)
from services.exchange.clients.webhooks import Answer, Webhooks

__all__ = [
    "AddressRefused",
    "Answer",
    "Credentials",
    "Guard",
    "Identity",
    "IdentityUnavailable",
    "Limits",
    "Network",
    "Record",
    "SourceBroken",
    "SourceFault",
    "SourceUnavailable",
    "Sources",
    "Webhooks",
]
