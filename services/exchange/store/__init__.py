"""The rows of exchange."""

from services.exchange.store.answers import Answers, Vault
from services.exchange.store.calls import CallRow, Calls
from services.exchange.store.cases import Cases
from services.exchange.store.clients import Clients
from services.exchange.store.feed import Entry, Feed
from services.exchange.store.leases import SILENT, Claimed, Leases
from services.exchange.store.permits import Permits
from services.exchange.store.queue import Queue
from services.exchange.store.resources import Resources
from services.exchange.store.signing import SigningVault
from services.exchange.store.subscriptions import Subscriptions
from services.exchange.store.tables import mechanisms

__all__ = [
    "SILENT",
    "Answers",
    "CallRow",
    "Calls",
    "Cases",
    "Claimed",
    "Clients",
    "Entry",
    "Feed",
    "Leases",
    "Permits",
    "Queue",
    "Resources",
    "SigningVault",
    "Subscriptions",
    "Vault",
    "mechanisms",
]
