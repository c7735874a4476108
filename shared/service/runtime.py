"""What a service stands on: database, events, evidence, tokens and telemetry, put together."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from shared.access import AccessLog
from shared.auth import RevocationFeed, ServiceTokens, Subject, Verifier
from shared.auth.jwks import FetchKeys
from shared.auth.keys import load as load_key
from shared.auth.keys import load_or_create as make_key
from shared.crypto import Keyring
from shared.db import Migrations
from shared.events import (
    Consumer,
    ConsumerWatch,
    EventBus,
    Fetching,
    Handler,
    Leadership,
    Outbox,
    OutboxWatch,
    Relay,
    RetryPolicy,
    from_url,
)
from shared.evidence import CheckpointSigner, Evidence, EvidenceWatch, Sealer
from shared.http import client
from shared.operations import Decisions, Operations
from shared.operations import router as operators
from shared.operations.policy import operators_policy
from shared.service.mechanisms import Mechanisms
from shared.service.settings import KeyFiles, ServiceSettings
from shared.settings import load
from shared.telemetry import Telemetry, TelemetrySettings, instrument_engine
from shared.web import (
    Caller,
    Idempotency,
    Readiness,
    ReadinessWatch,
    Work,
    background,
    create_app,
    every,
    health,
)

_HOUR = 3600.0
_WATCH_SECONDS = 5.0


class Runtime:
    """One service's mechanisms, opened when they are first used and closed together."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        mechanisms: Mechanisms,
        migrations: Path,
        *,
        jwks: FetchKeys | None = None,
    ) -> None:
        """`jwks`: where the signing keys come from, for identity itself and for tests."""
        self.name = name
        self.settings = settings
        self.keys = KeyFiles(settings.keys_folder, name)
        self.telemetry = Telemetry.start(name, load(TelemetrySettings))
        self.tracer = self.telemetry.tracer
        self.db = settings.open_database()
        for engine in self.db.engines:
            instrument_engine(engine, self.tracer)
        self.migrations = Migrations(migrations, mechanisms.metadata)
        self.bus: EventBus = from_url(settings.events_url)
        self.outbox = Outbox(mechanisms.outbox, f"/services/{name}", tracer=self.tracer)
        self.relay = Relay(self.db, self.outbox, self.bus, tracer=self.tracer)
        self.idempotency = Idempotency(self.db, mechanisms.idempotency)
        self.evidence = Evidence(mechanisms.evidence, name)
        self.access = AccessLog(mechanisms.access)
        self.verifier = Verifier(
            jwks or self._fetch_keys,
            settings.issuer,
            settings.audience(name),
            certificates=settings.mtls_base is not None,
        )
        self.revocations = RevocationFeed(self.bus, self.verifier, self.telemetry.registry)
        self.mechanisms = mechanisms
        self._clients: list[httpx.AsyncClient] = []
        self._consumers: list[Consumer] = []

    @cached_property
    def keyring(self) -> Keyring:
        """The keys of the service's sealed fields."""
        path = self.keys.keyring
        return Keyring.create(path) if self._may_make_keys else Keyring.load(path)

    @cached_property
    def signer(self) -> CheckpointSigner:
        """The key that signs the checkpoints of the service's evidence."""
        read = CheckpointSigner.create if self._may_make_keys else CheckpointSigner.load
        return read(self.keys.evidence, self.keys.origin)

    @cached_property
    def tokens(self) -> ServiceTokens:
        """The service's own tokens, and those with which it acts for who is asking."""
        read = make_key if self._may_make_keys else load_key
        return ServiceTokens(
            "/identity/token",
            self.name,
            read(self.keys.client),
            self.client(self.settings.identity_url),
            issuer=self.settings.issuer,
        )

    def open_keys(self) -> None:
        """Read every key now, so that a start without one fails at once; onebox makes them."""
        _ = self.keyring, self.signer, self.tokens

    def client(self, url: str, *, timeout: float = 5.0) -> httpx.AsyncClient:
        """A client of another service, closed with the runtime."""
        return self._made(url, timeout, inside=True)

    def outside(self, url: str, *, timeout: float = 5.0) -> httpx.AsyncClient:
        """A client of a system that is not ours: the trace goes on there, our baggage does not."""
        return self._made(url, timeout, inside=False)

    def consumer(
        self, purpose: str, handlers: Mapping[str, Handler | Fetching], **options: Any
    ) -> Consumer:
        """A consumer of other services' events; its group is `<service>.<purpose>`."""
        made = Consumer(
            self.db,
            self.bus,
            f"{self.name}.{purpose}",
            handlers,
            self.mechanisms.inbox,
            tracer=self.tracer,
            **{"policy": RetryPolicy(self.settings.event_attempts), **options},
        )
        self._consumers.append(made)
        return made

    def app(
        self,
        *,
        title: str,
        description: str,
        routers: Sequence[APIRouter],
        works: Mapping[str, Work] | None = None,
        state: Mapping[str, object] | None = None,
        operated: bool = True,
    ) -> FastAPI:
        """The service's app: its routes, its works beside the requests, its state.

        `operated`: with the operators' API, which a service without events has no need of.
        """

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
            async with background(**self._works(), **(works or {})):
                await self.revocations.caught_up()
                yield
            await self.close()

        app = create_app(
            title=title,
            description=description,
            base=self.settings.public_base,
            telemetry=self.telemetry,
            lifespan=lifespan,
            routers=(
                *routers,
                *((operators,) if operated else ()),
                health(self.db, self.migrations),
            ),
        )
        app.state.runtime = self
        app.state.operations = self._operations()
        app.state.verifier = self.verifier
        for name, value in (state or {}).items():
            setattr(app.state, name, value)
        return app

    async def close(self) -> None:
        """Let go of everything; the last spans are exported."""
        for made in self._clients:
            await made.aclose()
        if "tokens" in self.__dict__:
            await self.tokens.close()
        await self.verifier.close()
        await self.bus.close()
        await self.db.dispose()
        await self.telemetry.close()

    def _made(self, url: str, timeout: float, *, inside: bool) -> httpx.AsyncClient:
        provider = self.telemetry.provider
        made = client(url, timeout=timeout, tracer_provider=provider, inside=inside)
        self._clients.append(made)
        return made

    def _operations(self) -> Operations:
        return Operations(
            service=self.name,
            db=self.db,
            relay=self.relay,
            consumers=self._consumers,
            decisions=Decisions(self.mechanisms.inbox, self.evidence),
            idempotency=self.idempotency,
            policy=operators_policy(self.name),
        )

    def _works(self) -> dict[str, Work]:
        registry = self.telemetry.registry
        looks = {
            "outbox": OutboxWatch(self.relay, registry).look,
            "consumer": ConsumerWatch(self._consumers, registry).look,
            "evidence": EvidenceWatch(self.db, self.mechanisms.evidence, registry).look,
            "readiness": ReadinessWatch(Readiness(self.db, self.migrations), registry).look,
        }
        return {
            "relay": self.relay.run,
            "sealer": self._seal,
            "revocations": self.revocations.run,
            "idempotency": every(_HOUR, self.idempotency.forget),
            **{f"{name}_watch": every(_WATCH_SECONDS, look) for name, look in looks.items()},
        }

    async def _seal(self, stop: asyncio.Event) -> None:
        leadership = Leadership(self.db, "sealer")
        sealer = Sealer(self.db, self.mechanisms.evidence, self.signer)
        if await leadership.acquire(stop):
            try:
                await sealer.run(stop)
            finally:
                await leadership.release()

    async def _fetch_keys(self) -> dict[str, Any]:
        answer = await self._identity.get("/identity/jwks")
        answer.raise_for_status()
        keys: dict[str, Any] = answer.json()
        return keys

    @cached_property
    def _identity(self) -> httpx.AsyncClient:
        return self.client(self.settings.identity_url)

    @property
    def _may_make_keys(self) -> bool:
        return self.settings.environment == "onebox"


def caller_of(subject: Subject) -> Caller:
    """Whose idempotency key it is."""
    return Caller(subject.client_id, subject.sub, subject.acting_for)
