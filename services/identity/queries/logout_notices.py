"""Shows operators how clients are told of logouts."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.identity.store import logout_notices
from shared.clock import now
from shared.db import Database

_log = structlog.get_logger("logout")


class LogoutWatch:
    """Counts what came of each attempt, and reads now and then what waits."""

    def __init__(self, db: Database, registry: CollectorRegistry) -> None:
        self._db = db
        self._counted = Counter(
            "logout_notices",
            "Clients told of a logout, by outcome: told, failed or given_up",
            ["outcome"],
            registry=registry,
        )
        self._waiting = Gauge(
            "logout_notices_waiting", "Logouts of which a client is still to be told",
            registry=registry,
        )  # fmt: skip
        self._oldest = Gauge(
            "logout_notices_oldest_seconds", "Age of the oldest of them; 0 without one",
            registry=registry,
        )  # fmt: skip

    def count(self, outcome: str) -> None:
        """Count one attempt."""
        self._counted.labels(outcome).inc()

    async def look(self) -> None:
        """Read the queue once."""
        try:
            async with self._db.read() as connection:
                count, oldest = await logout_notices.waiting(connection)
        except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
            await _log.awarning("logout notices unread", why=type(error).__name__)
            return
        self._waiting.set(count)
        self._oldest.set(0.0 if oldest is None else (now() - oldest).total_seconds())
