"""Puts exchange together."""

import asyncio
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from services.exchange.api import routers
from services.exchange.clients import Credentials, Identity, Sources
from services.exchange.commands import (
    Asking,
    Deliverer,
    Granting,
    Journal,
    Outcomes,
    Publishing,
    Reread,
    Retention,
    Sender,
    Subscribing,
    Terms,
)
from services.exchange.consumers import handlers
from services.exchange.queries import DeliveryWatch, FeedReader, FeedWatch
from services.exchange.settings import Settings
from services.exchange.store import SigningVault, Vault, mechanisms
from shared.auth.jwks import FetchKeys
from shared.events import Backoff
from shared.http import Guard, Limits, Posting
from shared.service import Runtime
from shared.settings import load
from shared.web import Work, every

MIGRATIONS = Path(__file__).parent / "migrations"
_PURGE_SECONDS = 600.0
_WATCH_SECONDS = 5.0
_RETRY_FACTOR, _LONGEST_RETRY_SECONDS = 3.0, 3600.0


def create_app(settings: Settings | None = None, *, jwks: FetchKeys | None = None) -> FastAPI:
    """The app of exchange with what it stands on; `jwks` is for tests."""
    settings = settings or load(Settings)
    runtime = Runtime("exchange", settings, mechanisms, MIGRATIONS, jwks=jwks)
    vault = Vault(lambda: runtime.keyring)
    retention = Retention(runtime.db, runtime.evidence)
    watch = FeedWatch(runtime.db)
    webhooks = _Webhooks(runtime, settings)
    works: dict[str, Work] = {
        "purge": every(_PURGE_SECONDS, retention.purge),
        "feed": watch.run,
        **webhooks.works,
    }
    for purpose, found in handlers(retention, webhooks.subscribing).items():
        works[f"{purpose}-events"] = runtime.consumer(purpose, found).run
    return runtime.app(
        title="Exchange 数据共享",
        description="Departments answer each other under permits, with evidence of every call; "
        "and follow the events that concern them.",
        routers=routers,
        works=works,
        state={
            "asking": _asking(runtime, settings, vault),
            "reread": Reread(runtime.db, runtime.access, vault),
            "publishing": Publishing(runtime.outbox, runtime.evidence),
            "granting": Granting(runtime.outbox, runtime.evidence),
            "feed": FeedReader(runtime.db, watch, settings.followers),
            "subscribing": webhooks.subscribing,
            "sender": webhooks.sender,
        },
    )


def _asking(runtime: Runtime, settings: Settings, vault: Vault) -> Asking:
    identity = Identity(
        runtime.client(settings.identity_url),
        lambda: runtime.tokens,
        settings.audience("identity"),
    )
    credentials = Credentials(settings.credentials_folder)
    sources = Sources(runtime.outside, credentials, settings.answer_bytes)
    kept = timedelta(hours=settings.answers_kept_hours)
    journal = Journal(runtime.evidence, runtime.access, runtime.outbox, vault, kept)
    return Asking(runtime.db, identity, sources, journal, settings.timezone)


class _Webhooks:
    """What subscriptions stand on: the guard, the sender, and the works that deliver."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        vault = SigningVault(lambda: runtime.keyring)
        guard = Guard(_limits(settings))
        most = settings.subscriptions
        self.subscribing = Subscribing(runtime.outbox, runtime.evidence, vault, guard, most)
        self._clients = Posting(
            guard,
            settings.webhook_seconds,
            settings.webhook_authorities,
            agent="Tongban-Webhooks/1",
        )
        self.sender = Sender(self._clients, vault, runtime.tracer)
        watch = DeliveryWatch(runtime.db, runtime.telemetry.registry)
        terms = Terms(
            settings.webhook_seconds,
            timedelta(days=settings.webhook_days),
            settings.webhook_at_once,
            Backoff(settings.webhook_retry_seconds, _RETRY_FACTOR, _LONGEST_RETRY_SECONDS),
        )
        outcomes = Outcomes(self.subscribing, terms)
        self._deliverer = Deliverer(runtime.db, self.sender, outcomes, terms, watch.count)
        self.works: dict[str, Work] = {
            "deliveries": self._deliver,
            "delivery_watch": every(_WATCH_SECONDS, watch.look),
        }

    async def _deliver(self, stop: asyncio.Event) -> None:
        try:
            await self._deliverer.run(stop)
        finally:
            await self._clients.close()


def _limits(settings: Settings) -> Limits:
    return Limits(
        networks=tuple(settings.webhook_networks),
        ports=settings.webhook_ports,
        http=settings.webhook_http,
        loopback=settings.environment == "onebox",
    )
