"""The rows of exchange."""

from services.exchange.store.answers import Answers, Vault
from services.exchange.store.calls import CallRow, Calls
from services.exchange.store.cases import Cases
from services.exchange.store.feed import Entry, Feed
from services.exchange.store.permits import Permits
from services.exchange.store.resources import Resources
from services.exchange.store.tables import mechanisms

__all__ = [
    "Answers",
    "CallRow",
    "Calls",
    "Cases",
    "Entry",
    "Feed",
    "Permits",
    "Resources",
    "Vault",
    "mechanisms",
]
