"""Calls to other services and to outsiders: engines on the wire, one factory of clients."""

from shared.http.addresses import AddressRefused, Guard, Limits, Network
from shared.http.breaker import Breaker
from shared.http.client import client
from shared.http.policies import BreakerOpen
from shared.http.posting import Answer, Posting

__all__ = [
    "AddressRefused",
    "Answer",
    "Breaker",
    "BreakerOpen",
    "Guard",
    "Limits",
    "Network",
    "Posting",
    "client",
]
