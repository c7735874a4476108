"""The services' apps as the contracts need them: opened without database, keys or network."""

import asyncio
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
_NOWHERE = "http://nowhere.invalid"


def names() -> list[str]:
    """Every service that the code has."""
    return sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py"))


def document(service: str) -> dict[str, Any]:
    """The service's OpenAPI document; what the environment says plays no part in it."""
    app_module = import_module(f"services.{service}.app")
    settings = import_module(f"services.{service}.settings").Settings
    with TemporaryDirectory() as folder:
        app = app_module.create_app(settings.model_validate(_settings(Path(folder))))
        made: dict[str, Any] = app.openapi()
        asyncio.run(app.state.runtime.close())
    return made


def _settings(folder: Path) -> dict[str, str]:
    upstreams = {f"{name.upper()}_URL": _NOWHERE for name in (*names(), "gateway")}
    return upstreams | {
        "database_url": f"sqlite:///{folder}/service.db",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": f"{folder}/keys",
        "TONGBAN_ENVIRONMENT": "production",
        "PUBLIC_BASE": "http://localhost:8000",
    }
