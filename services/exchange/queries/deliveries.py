"""Shows operators how the deliveries of each subscription fare."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.exchange.store import Queue
from shared.clock import now
from shared.db import Database

_MOST = 500  # subscriptions with a name of their own
_log = structlog.get_logger("webhooks")


class DeliveryWatch:
    """Counts deliveries, and reads now and then what waits."""

    def __init__(self, db: Database, registry: CollectorRegistry) -> None:
        def gauge(name: str, about: str) -> Gauge:
            return Gauge(f"webhook_{name}", about, ["subscription"], registry=registry)

        self._db = db
        self._counted = Counter(
            "webhook_deliveries",
            "Deliveries by outcome: delivered, failed, dead or overtaken",
            ["subscription", "outcome"],
            registry=registry,
        )
        self._waiting = gauge("waiting", "Events that wait to be delivered")
        self._dead = gauge("dead_letters", "Events that wait for their receiver's decision")
        self._oldest = gauge("oldest_seconds", "Age of the oldest event that waits; 0 without one")
        self._named: set[str] = set()

    def count(self, subscription: str, outcome: str) -> None:
        """Count one delivery; beyond some hundred subscriptions they share one name."""
        if subscription not in self._named and len(self._named) >= _MOST:
            subscription = "other"
        self._named.add(subscription)
        self._counted.labels(subscription, outcome).inc()

    async def look(self) -> None:
        """Read the queues once."""
        try:
            async with self._db.read() as connection:
                found = await Queue(connection).oldest()
        except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
            await _log.awarning("deliveries unread", why=type(error).__name__)
            return
        moment = now()
        for one in (self._waiting, self._dead, self._oldest):
            one.clear()  # who was removed is told no more
        for row in found[:_MOST]:
            age = 0.0 if row.oldest is None else (moment - row.oldest).total_seconds()
            self._waiting.labels(row.id).set(row.waiting)
            self._dead.labels(row.id).set(row.dead)
            self._oldest.labels(row.id).set(age)
