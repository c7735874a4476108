"""The services' apps as the contracts need them: opened without database, keys or network."""

import asyncio
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI

ROOT = Path(__file__).parents[2]
_NOWHERE = "http://nowhere.invalid"


class NotCreated(Exception):
    """A service cannot be opened, so nothing can be said of its contracts."""


def names() -> list[str]:
    """Every service that the code has."""
    return sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py"))


def document(service: str) -> dict[str, Any]:
    """The service's OpenAPI document; what the environment says plays no part in it."""
    with TemporaryDirectory() as folder:
        try:
            app = _open(service, Path(folder))
        except Exception as error:
            raise NotCreated(f"services.{service}.app could not be created: {error!r}") from error
        made: dict[str, Any] = app.openapi()
        asyncio.run(app.state.runtime.close())
    return made


def _open(service: str, folder: Path) -> FastAPI:
    settings = import_module(f"services.{service}.settings").Settings
    app: FastAPI = import_module(f"services.{service}.app").create_app(
        settings.model_validate(_settings(folder))
    )
    return app


def _settings(folder: Path) -> dict[str, str]:
    upstreams = {f"{name.upper()}_URL": _NOWHERE for name in (*names(), "gateway")}
    return upstreams | {
        "database_url": f"sqlite:///{folder}/service.db",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": f"{folder}/keys",
        "TONGBAN_ENVIRONMENT": "production",
        "PUBLIC_BASE": "http://localhost:8000",
    }
