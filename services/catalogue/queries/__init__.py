"""What can be asked of the catalogue."""

from services.catalogue.queries.search import Found, Search, Wanted

__all__ = ["Found", "Search", "Wanted"]
