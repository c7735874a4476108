"""Whether a service can work: asked by whoever balances the load, and told to Prometheus."""

import orjson
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Gauge
from starlette.responses import Response

from shared.db import Database, DatabaseError, Migrations


class Readiness:
    """Its database answers and has room and the right schema.

    A neighbour that is down never makes a service unready: that would spread the outage.
    """

    def __init__(self, db: Database, migrations: Migrations) -> None:
        self._db = db
        self._migrations = migrations

    async def reason(self) -> str | None:
        """Why it is not ready, or None."""
        try:
            await self._db.ping()
            current = await self._migrations.current(self._db)
        except DatabaseError as error:
            return f"database: {error}"
        head = self._migrations.head
        if current != head:
            return f"schema is at {current}, this code needs {head}: run `migrate`"
        return None


class ReadinessWatch:
    """Looks now and then, so that an alarm can tell before anybody asks."""

    def __init__(self, readiness: Readiness, registry: CollectorRegistry) -> None:
        self._readiness = readiness
        self._ready = Gauge(
            "service_ready",
            "1 while the database answers and has the right schema, else 0",
            registry=registry,
        )

    async def look(self) -> None:
        """Look once."""
        self._ready.set(await self._readiness.reason() is None)


def health(db: Database, migrations: Migrations) -> APIRouter:
    """`/healthz` (the process lives) and `/readyz` (it can work)."""
    router = APIRouter(include_in_schema=False)
    readiness = Readiness(db, migrations)

    @router.get("/healthz")
    async def alive() -> Response:
        return _json({"status": "ok"}, 200)

    @router.get("/readyz")
    async def ready() -> Response:
        reason = await readiness.reason()
        if reason is not None:
            return _json({"status": "unready", "reason": reason}, 503)
        return _json({"status": "ready", "schema": migrations.head}, 200)

    return router


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
