"""Puts the demo's items, resources and permits into a onebox; what is there already stays."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.catalogue.commands.importing import Import
from services.exchange.commands.load import load as load_resources

FOLDER = Path(__file__).parent
SYNONYMS = FOLDER / "synonyms.json"
_FIRST = ("regions.json", "departments.json")


async def load(apps: Mapping[str, FastAPI]) -> None:
    """Load everything; a start that was cut short is taken up again by the next."""
    state = apps["catalogue"].state
    importing = Import(state.runtime.db, state.publishing, "demo")
    files = sorted((FOLDER / "catalogue").glob("*.json"), key=_places_first)
    for file in files:
        report = await importing.run(file, None)
        if report.troubles:
            raise RuntimeError(f"{file.name}:\n{report}")
    department = os.environ["DEPARTMENT_URL"]
    runtime = apps["exchange"].state.runtime
    await load_resources(runtime, FOLDER / "exchange.json", connector_url=department)


def _places_first(file: Path) -> tuple[int, str]:
    return (_FIRST.index(file.name) if file.name in _FIRST else len(_FIRST), file.name)


def department_system() -> Any:
    """The system of a department, as a vendor would run it."""
    from deploy.demo.department.app import create_app  # noqa: PLC0415 - only where it is served

    return create_app()
