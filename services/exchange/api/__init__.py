"""Exchange over HTTP."""

from services.exchange.api import calls, dead_letters, events, permits, resources, subscriptions

routers = (
    *(resources.router, permits.router, calls.router),
    *(events.router, subscriptions.router, dead_letters.router),
)

__all__ = ["routers"]
