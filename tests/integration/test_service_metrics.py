"""What a service's /metrics tells of the events that it sends and takes."""

from pathlib import Path

import httpx

from services.cases.app import create_app
from services.cases.settings import Settings
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
            wanted = ('consumer_lag{group="cases.items"}', "outbox_oldest_seconds 0.0")
            return all(part in text for part in wanted)

        await until(told)
        text = (await http.get("/metrics")).text
    assert 'consumer_dead_letters{group="cases.items"} 0.0' in text
    assert 'consumer_parked{group="cases.items"} 0.0' in text
    assert 'consumer_last_error_seconds{group="cases.items"} NaN' in text
