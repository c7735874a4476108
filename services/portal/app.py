"""Puts the portal together."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from services.portal.clients import (
    Cases,
    Catalogue,
    Exchange,
    Identity,
    MakeClient,
    Operations,
    Provider,
    Traces,
)
from services.portal.commands import Applications, Visits
from services.portal.pages import routers
from services.portal.pages.failures import install_failures, unexpected
from services.portal.pages.portal import Portal
from services.portal.pages.shield import Shield
from services.portal.pages.templates import STATIC, Templates
from services.portal.queries.health import Health
from services.portal.queries.home import Home
from services.portal.queries.places import Places
from services.portal.queries.prefill import Prefill
from services.portal.queries.problems import Problems
from services.portal.settings import Settings
from services.portal.store import Sealed, applications, logins, mechanisms, visits
from shared.auth import keys
from shared.service import Runtime
from shared.settings import load
from shared.web import every

MIGRATIONS = Path(__file__).parent / "migrations"
_SECONDS = 4.0
_FORGET_EVERY = 600.0


def create_app(settings: Settings | None = None, gateway: MakeClient | None = None) -> FastAPI:
    """The portal's app; `gateway`: another way to reach the gateway, for tests."""
    settings = settings or load(Settings)
    runtime = Runtime("portal", settings, mechanisms, MIGRATIONS)

    def usual() -> httpx.AsyncClient:
        return runtime.client(settings.gateway_url, timeout=_SECONDS)

    portal = _portal(runtime, settings, gateway or usual)
    app = runtime.app(
        title="Portal 门户",
        description="The pages for people; it has no API of its own.",
        routers=routers,
        works={
            "forget_visits": every(_FORGET_EVERY, portal.visits.forget),
            "forget_applications": every(_FORGET_EVERY, portal.applications.forget),
        },
        state={"portal": portal},
        operated=False,
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install_failures(app)
    shield = Middleware(Shield, issuer=settings.issuer, secure=settings.secure, failed=unexpected)
    app.user_middleware.append(shield)
    return app


def _portal(runtime: Runtime, settings: Settings, gateway: MakeClient) -> Portal:
    @cache
    def key() -> ECKey:
        path = settings.keys_folder / "portal.jwk"
        if settings.environment == "onebox":
            return keys.load_or_create(path)
        return keys.load(path)

    life = timedelta(hours=settings.session_hours)
    catalogue = Catalogue(gateway)
    identity = Identity(gateway)
    operations = Operations(gateway)
    sealed = Sealed(runtime, visits)
    return Portal(
        settings=settings,
        templates=Templates(settings.timezone),
        catalogue=catalogue,
        cases=Cases(gateway),
        identity=identity,
        operations=operations,
        health=Health(operations),
        traces=Traces(gateway),
        visits=Visits(
            runtime.db,
            sealed,
            Sealed(runtime, logins),
            Provider(gateway, settings.issuer, key),
            callback=settings.callback,
            life=life,
        ),
        applications=Applications(runtime.db, Sealed(runtime, applications), life),
        prefill=Prefill(identity, Exchange(gateway)),
        home=Home(catalogue),
        places=Places(catalogue),
        problems=Problems(settings.problems_file),
        sealed=sealed,
    )
