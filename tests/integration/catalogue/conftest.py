"""The whole catalogue over ASGI, on both databases, with the demo's items."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.catalogue.app import create_app
from services.catalogue.commands.importing import Import
from services.catalogue.settings import Settings
from tests.support.tokens import TokenMaker

DEMO = Path(__file__).parents[3] / "deploy/demo"


@pytest.fixture
def tokens() -> TokenMaker:
    return TokenMaker()


@pytest.fixture
async def app(database_url: str, tmp_path: Path, tokens: TokenMaker) -> AsyncGenerator[FastAPI]:
    settings = Settings(
        TONGBAN_ENVIRONMENT="onebox",
        EVENTS_URL=f"sqlite:///{tmp_path}/events.db",
        KEYS_FOLDER=tmp_path / "keys",
        database_url=database_url,
        synonyms_file=DEMO / "synonyms.json",
    )
    made = create_app(settings)
    runtime = made.state.runtime
    made.state.verifier = tokens.verifier("catalogue")
    await runtime.migrations.upgrade(runtime.db)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def api(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalogue") as client:
        yield client


@pytest.fixture
def importing(app: FastAPI) -> Import:
    return Import(app.state.runtime.db, app.state.publishing, "test")


@pytest.fixture
async def demo(importing: Import) -> list[dict[str, str]]:
    """The demo's items, imported; gives the phrases that must find them."""
    for name in ("regions", "departments"):
        await importing.run(DEMO / f"catalogue/{name}.json", None)
    for file in sorted((DEMO / "catalogue").glob("*.json")):
        report = await importing.run(file, None)
        assert report.troubles == []
    phrases: list[dict[str, str]] = json.loads((DEMO / "phrases.json").read_text())
    return phrases
