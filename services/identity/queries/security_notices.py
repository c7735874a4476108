"""Shows operators how people are told of what happened to their accounts."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.identity.store import security_events
from shared.db import Database

_log = structlog.get_logger("security")


class NoticeWatch:
    """Counts what came of each attempt, and reads now and then how many wait."""

    def __init__(self, db: Database, registry: CollectorRegistry) -> None:
        self._db = db
        self._counted = Counter(
            "security_notices",
            "People told of security events, by outcome: told, failed, given_up or no_address",
            ["outcome"],
            registry=registry,
        )
        self._waiting = Gauge(
            "security_notices_waiting",
            "Security events of which a person is still to be told",
            registry=registry,
        )

    def count(self, outcome: str) -> None:
        """Count one attempt."""
        self._counted.labels(outcome).inc()

    async def look(self) -> None:
        """Read the queue once."""
        try:
            async with self._db.read() as connection:
                self._waiting.set(await security_events.waiting(connection))
        except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
            await _log.awarning("security notices unread", why=type(error).__name__)
