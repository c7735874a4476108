"""What exchange shows."""

from services.exchange.queries.deliveries import DeliveryWatch
from services.exchange.queries.feed import FeedReader, FeedWatch, Following

__all__ = ["DeliveryWatch", "FeedReader", "FeedWatch", "Following"]
