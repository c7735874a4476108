"""Calls to other services: one engine on the wire, one factory of clients."""

from shared.http.breaker import Breaker
from shared.http.client import client
from shared.http.policies import BreakerOpen

__all__ = ["Breaker", "BreakerOpen", "client"]
