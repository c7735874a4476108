"""What a service's /metrics tells of the events that it sends and takes."""

from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry

from services.cases.app import MIGRATIONS, create_app
from services.cases.settings import Settings
from services.cases.store.tables import mechanisms
from shared.db import Database, Migrations
from shared.web import Readiness, ReadinessWatch
from tests.support.stations import until

NOWHERE = "http://127.0.0.1:9"


async def test_outbox_and_consumers_are_among_the_metrics_of_a_service(tmp_path: Path) -> None:
    neighbours = {f"{name}_URL": NOWHERE for name in ("IDENTITY", "CATALOGUE", "EXCHANGE")}
    given = {
        "TONGBAN_ENVIRONMENT": "onebox",
        "EVENTS_URL": f"sqlite:///{tmp_path}/events.db",
        "KEYS_FOLDER": tmp_path / "keys",
        "database_url": f"sqlite:///{tmp_path}/cases.db",
        **neighbours,
    }
    app = create_app(Settings.model_validate(given))
    await app.state.runtime.migrations.upgrade(app.state.runtime.db)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://cases") as http,
    ):

        async def told() -> bool:
            text = (await http.get("/metrics")).text
            wanted = (
                'consumer_lag{group="cases.items"}',
                "outbox_oldest_seconds 0.0",
                "_ready 1.0",
            )
            return all(part in text for part in wanted)

        await until(told)
        text = (await http.get("/metrics")).text
    assert 'consumer_dead_letters{group="cases.items"} 0.0' in text
    assert 'consumer_parked{group="cases.items"} 0.0' in text
    assert 'consumer_last_error_seconds{group="cases.items"} NaN' in text
    assert "evidence_oldest_seconds 0.0" in text


async def test_a_database_without_the_schema_is_told_before_anybody_asks(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/empty.db")
    registry = CollectorRegistry()
    watch = ReadinessWatch(Readiness(db, Migrations(MIGRATIONS, mechanisms.metadata)), registry)
    try:
        await watch.look()
        assert registry.get_sample_value("service_ready") == 0
        await Migrations(MIGRATIONS, mechanisms.metadata).upgrade(db)
        await watch.look()
        assert registry.get_sample_value("service_ready") == 1
    finally:
        await db.dispose()
