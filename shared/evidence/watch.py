"""Shows how long the oldest act has waited for its place in the signed evidence."""

import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import select

from shared.clock import now
from shared.db import Database
from shared.evidence.tables import EvidenceTables
from shared.ids import moment_of

_log = structlog.get_logger("evidence")


class EvidenceWatch:
    """Reads now and then what is not sealed yet."""

    def __init__(self, db: Database, tables: EvidenceTables, registry: CollectorRegistry) -> None:
        self._db = db
        self._rows = tables.rows
        self._oldest = Gauge(
            "evidence_oldest_seconds",
            "Age of the oldest evidence without a signed checkpoint; 0 when there is none",
            registry=registry,
        )

    async def look(self) -> None:
        """Read the evidence once."""
        rows = self._rows
        waiting = select(rows.c.id).where(rows.c.position.is_(None)).order_by(rows.c.id).limit(1)
        try:
            async with self._db.read() as connection:
                oldest = await connection.scalar(waiting)
        except Exception as error:  # noqa: BLE001 - a missing reading must not stop the service
            await _log.awarning("evidence_unread", reason=str(error))
            return
        age = 0.0 if oldest is None else (now() - moment_of(oldest)).total_seconds()
        self._oldest.set(max(0.0, age))
