"""Puts exchange together."""

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from services.exchange.api import routers
from services.exchange.clients import Credentials, Identity, Sources
from services.exchange.commands import Asking, Granting, Journal, Publishing, Reread, Retention
from services.exchange.consumers import handlers
from services.exchange.queries import FeedReader, FeedWatch
from services.exchange.settings import Settings
from services.exchange.store import Vault, mechanisms
from shared.auth.jwks import FetchKeys
from shared.service import Runtime
from shared.settings import load
from shared.web import Work, every

MIGRATIONS = Path(__file__).parent / "migrations"
_PURGE_SECONDS = 600.0


def create_app(settings: Settings | None = None, *, jwks: FetchKeys | None = None) -> FastAPI:
    """The app of exchange with what it stands on; `jwks` is for tests."""
    settings = settings or load(Settings)
    runtime = Runtime("exchange", settings, mechanisms, MIGRATIONS, jwks=jwks)
    vault = Vault(lambda: runtime.keyring)
    retention = Retention(runtime.db, runtime.evidence)
    watch = FeedWatch(runtime.db)
    works: dict[str, Work] = {"purge": every(_PURGE_SECONDS, retention.purge), "feed": watch.run}
    for purpose, found in handlers(retention).items():
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
