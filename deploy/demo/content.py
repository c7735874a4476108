"""Puts the demo's items, resources and permits into a onebox; what is there already stays."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.catalogue.commands.importing import Import
from services.catalogue.store import Items
from services.exchange.commands.load import load as load_resources

FOLDER = Path(__file__).parent
SYNONYMS = FOLDER / "synonyms.json"
_FIRST = ("regions.json", "departments.json")


async def is_whole(apps: Mapping[str, FastAPI]) -> bool:
    """Whether the catalogue has items; without its database a kept demo file is not enough."""
    async with apps["catalogue"].state.runtime.db.read() as connection:
        return await Items(connection).count() > 0


async def load_items(apps: Mapping[str, FastAPI]) -> None:
    """Publish the demo's regions, departments and items."""
    state = apps["catalogue"].state
    importing = Import(state.runtime.db, state.publishing, "demo")
    for file in sorted((FOLDER / "catalogue").glob("*.json"), key=_places_first):
        report = await importing.run(file, None)
        if report.troubles:
            raise RuntimeError(f"{file.name}:\n{report}")


async def load_sources(apps: Mapping[str, FastAPI]) -> None:
    """Load resources and permits; at each start, because the data folder may have moved."""
    runtime = apps["exchange"].state.runtime
    department = os.environ["DEPARTMENT_URL"]
    await load_resources(runtime, FOLDER / "exchange.json", connector_url=department)


def _places_first(file: Path) -> tuple[int, str]:
    return (_FIRST.index(file.name) if file.name in _FIRST else len(_FIRST), file.name)


def department_system() -> Any:
    """The system of a department, as a vendor would run it."""
    from deploy.demo.department.app import create_app  # noqa: PLC0415 - only where it is served

    return create_app()
