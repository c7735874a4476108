"""What exchange shows."""

from services.exchange.queries.feed import FeedReader, FeedWatch, Following

__all__ = ["FeedReader", "FeedWatch", "Following"]
