"""Wires the service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from services.cases.api import ROUTERS
from services.cases.clients import Catalogue, Exchange, Identity
from services.cases.commands import Office
from services.cases.commands.calendars import Calendars
from services.cases.commands.gathering import Sources
from services.cases.commands.items import Items
from services.cases.commands.leavers import Leavers
from services.cases.commands.sweep import accept_lapsed, identify_applicants
from services.cases.consumers import handlers, people_handlers
from services.cases.queries.detail import CaseQueries
from services.cases.queries.lists import CaseLists
from services.cases.settings import Settings
from services.cases.store.numbers import Numbers
from services.cases.store.papers import Papers
from services.cases.store.tables import mechanisms
from shared import clock
from shared.auth.jwks import FetchKeys
from shared.service import Runtime
from shared.settings import load
from shared.web import every

MIGRATIONS = Path(__file__).parent / "migrations"
_DAY = 86_400.0


@dataclass(frozen=True)
class Neighbours:
    """The services that cases asks."""

    catalogue: Catalogue
    identity: Identity
    exchange: Exchange


def create_app(
    settings: Settings | None = None,
    *,
    jwks: FetchKeys | None = None,
    neighbours: Neighbours | None = None,
) -> FastAPI:
    """The service; tests hand over the issuer's keys and the neighbours."""
    settings = settings or load(Settings)
    runtime = Runtime("cases", settings, mechanisms, MIGRATIONS, jwks=jwks)
    others = neighbours or _neighbours(runtime, settings)
    items = Items(runtime.db, others.catalogue, lambda: clock.today(settings.timezone))
    papers = Papers(lambda: runtime.keyring)
    office = Office(
        db=runtime.db,
        telemetry=runtime.telemetry,
        outbox=runtime.outbox,
        evidence=runtime.evidence,
        papers=papers,
        items=items,
        numbers=Numbers(runtime.db),
        calendars=Calendars(runtime.db),
        timezone=settings.timezone,
    )
    sources = Sources(others.identity, others.exchange)
    consumer = runtime.consumer("items", handlers(items))
    return runtime.app(
        title="办件 Cases",
        description="From the draft to the delivery, every deadline kept.",
        routers=ROUTERS,
        works={
            "items": consumer.run,
            "people": runtime.consumer("people", people_handlers(Leavers(papers))).run,
            "calendar": every(_DAY, office.calendars.import_published),
            "sweep": every(settings.sweep_seconds, _sweep(office, sources)),
        },
        state={
            "office": office,
            "sources": sources,
            "queries": CaseQueries(runtime.db, runtime.access, papers),
            "lists": CaseLists(runtime.db),
        },
    )


def _sweep(office: Office, sources: Sources) -> Callable[[], Awaitable[None]]:
    async def sweep() -> None:
        while await accept_lapsed(office):
            continue  # batch after batch, until none is left
        await identify_applicants(office, sources)

    return sweep


def _neighbours(runtime: Runtime, settings: Settings) -> Neighbours:
    audience = settings.audience
    return Neighbours(
        Catalogue(runtime.client(settings.catalogue_url)),
        Identity(
            runtime.client(settings.identity_url),
            lambda: runtime.tokens.auth(audience("identity"), "identity.manage"),
        ),
        Exchange(
            runtime.client(settings.exchange_url), lambda: runtime.tokens, audience("exchange")
        ),
    )
