"""Puts the catalogue together."""

import json
from pathlib import Path

from fastapi import FastAPI

from services.catalogue.api import routers
from services.catalogue.commands import Publishing
from services.catalogue.domain.search import Synonyms
from services.catalogue.queries import Search
from services.catalogue.settings import Settings
from services.catalogue.store import mechanisms
from shared.auth.jwks import FetchKeys
from shared.service import Runtime
from shared.settings import load

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings | None = None, *, jwks: FetchKeys | None = None) -> FastAPI:
    """The catalogue's app with what it stands on; `jwks` is for tests."""
    settings = settings or load(Settings)
    runtime = Runtime("catalogue", settings, mechanisms, MIGRATIONS, jwks=jwks)
    return runtime.app(
        title="Catalogue 事项库",
        description="Regions, departments and the items that people can apply for.",
        routers=routers,
        state={
            "search": Search(read_synonyms(settings.synonyms_file)),
            "publishing": Publishing(runtime.outbox, runtime.evidence, settings.timezone),
        },
    )


def read_synonyms(path: Path | None) -> Synonyms:
    """The installation's groups of words that mean the same; none when no file is set."""
    return Synonyms(json.loads(path.read_text("utf-8"))) if path else Synonyms()
