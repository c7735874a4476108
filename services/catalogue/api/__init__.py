"""The catalogue over HTTP."""

from services.catalogue.api import administration, items, places

routers = (items.router, places.router, administration.router)

__all__ = ["routers"]
