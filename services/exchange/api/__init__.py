"""Exchange over HTTP."""

from services.exchange.api import calls, events, permits, resources

routers = (resources.router, permits.router, calls.router, events.router)

__all__ = ["routers"]
