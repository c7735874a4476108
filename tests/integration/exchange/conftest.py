"""Exchange as a whole app on both databases, the demo department's system on a real socket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.demo.department.app import create_app as create_department
from deploy.demo.department.settings import Settings as DepartmentSettings
from services.exchange.app import create_app
from services.exchange.commands.load import load
from services.exchange.settings import Settings
from tests.support.exchange import CONNECTED, COORDINATOR, DEMO, Exchange, Identity, serving
from tests.support.tokens import TokenMaker


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket."""
    return tmp_path_factory.mktemp("x")


@asynccontextmanager
async def running(url: str, folder: Path, short: Path, **changes: Any) -> AsyncGenerator[Exchange]:
    """Exchange with the demo's resources and permits, everything around it on sockets."""
    tokens, identity = TokenMaker(), Identity()
    department = DepartmentSettings(KEYS_FOLDER=folder / "keys", down_file=folder / "down")
    app = create_app(_settings(url, folder, short, **changes), jwks=tokens.jwks)
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    transport = httpx.ASGITransport(app)
    async with (
        serving(identity.app(), short / "i.sock"),
        serving(create_department(department), short / "d.sock") as source,
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://exchange", timeout=40) as http,
    ):
        await load(runtime, DEMO / "exchange.json", connector_url=source)
        yield Exchange(app, http, tokens, identity, runtime.db, department.down_file)


def _settings(url: str, folder: Path, short: Path, **changes: Any) -> Settings:
    return Settings.model_validate(
        {
            "database_url": url,
            "connector_urls": [CONNECTED],
            "coordinators": [COORDINATOR],
            "followers": 3,
            "KEYS_FOLDER": folder / "keys",
            "EVENTS_URL": f"sqlite:///{folder}/events.db",
            "TONGBAN_ENVIRONMENT": "onebox",
            "IDENTITY_URL": f"unix:{short}/i.sock",
            "webhook_seconds": 3,
            "webhook_retry_seconds": 0.05,
            **changes,
        }
    )


@pytest.fixture
async def exchange(tmp_path: Path, short: Path) -> AsyncGenerator[Exchange]:
    """Exchange on SQLite."""
    async with running(f"sqlite:///{tmp_path}/exchange.db", tmp_path, short) as started:
        yield started


@pytest.fixture
async def exchange_everywhere(
    database_url: str, tmp_path: Path, short: Path
) -> AsyncGenerator[Exchange]:
    """Exchange on SQLite and on PostgreSQL in turn."""
    async with running(database_url, tmp_path, short) as started:
        yield started
