"""A service with dead letters, and the operators who look at them through its API."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import MetaData, Table, select

from shared.events import Consumer, EventBus, Message, Relay
from shared.evidence import Evidence, evidence_tables
from shared.operations import Decisions, Operations, router
from shared.operations.policy import operators_policy
from shared.telemetry import Telemetry, TelemetrySettings
from shared.web import Idempotency, create_app, idempotency_table
from tests.support.stations import TOPIC, Station, running, until
from tests.support.tokens import TokenMaker

SERVICE = "probe"
BASE = "http://localhost:8000"
WHY = {"why": "the department has mended its record"}


@dataclass
class Operated:
    """The service, and clients of its API."""

    station: Station
    bus: EventBus
    app: FastAPI
    http: httpx.AsyncClient
    tokens: TokenMaker
    relay: Relay
    evidence: Table
    consumers: list[Consumer] = field(default_factory=list)

    def staff(self, *roles: str, staff: str = "stf_1", **more: Any) -> dict[str, str]:
        """Headers of somebody with these roles, who asked for all that operators may."""
        given = {"scopes": "ops.read ops.manage", "aud": [f"{BASE}/api/{SERVICE}"]} | more
        return _bearer(self.tokens.staff(staff, roles=roles, **given))

    def administrator(self, staff: str = "stf_1") -> dict[str, str]:
        """Headers of a system administrator."""
        return self.staff("system_administrator", staff=staff)

    def system(self, **more: Any) -> dict[str, str]:
        """Headers of a system: the operators' monitoring, or with a department its own."""
        given = {"scopes": "ops.read", "aud": [f"{BASE}/api/{SERVICE}"]} | more
        return _bearer(self.tokens.system("prometheus", **given))

    async def letters(self, **wanted: Any) -> list[dict[str, Any]]:
        """The dead letters, as the API lists them."""
        answer = await self.http.get(
            "/v1/dead-letters", params=wanted, headers=self.administrator()
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def read(self, letter: str) -> dict[str, Any]:
        """One of them in full."""
        answer = await self.http.get(f"/v1/dead-letters/{letter}", headers=self.administrator())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def decide(
        self, letter: str, decision: str, *, staff: str = "stf_1", **headers: str
    ) -> httpx.Response:
        """Replay or discard it."""
        return await self.http.post(
            f"/v1/dead-letters/{letter}/{decision}",
            json=WHY,
            headers=self.administrator(staff) | headers,
        )

    async def kill(
        self, *messages: Message, poison: Sequence[tuple[str, int]] = (), others: int = 0
    ) -> list[str]:
        """Publish, and consume until each of the poisonous is a dead letter; gives all their ids.

        `others`: how many are dead letters for what they are.
        """
        self.station.poison = set(poison)
        await self.bus.publish(TOPIC, messages)

        async def dead() -> bool:
            return len(await self.letters(limit=100)) == len(poison) + others

        async with running(self.station.consumer(self.bus).run):
            await until(dead)
        return [one["id"] for one in await self.letters(limit=100)]

    async def proved(self) -> list[str]:
        """The rows of evidence, as they stand there."""
        async with self.station.db.read() as connection:
            rows = await connection.execute(select(self.evidence.c.row))
            return [row for (row,) in rows]


@asynccontextmanager
async def operated(station: Station, bus: EventBus) -> AsyncGenerator[Operated]:
    """The operators' API on a station."""
    metadata = MetaData()
    keys, proofs = idempotency_table(metadata), evidence_tables(metadata)
    async with station.db.write() as tx:
        await tx.run_sync(metadata.create_all)
    relay, consumers = station.relay(bus), list[Consumer]()
    tokens = TokenMaker(BASE)
    telemetry = Telemetry.start(SERVICE, TelemetrySettings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield

    app = create_app(
        title="Probe", description="", base=BASE, telemetry=telemetry, lifespan=lifespan,
        routers=(router,),
    )  # fmt: skip
    app.state.verifier = tokens.verifier(SERVICE)
    policy = operators_policy(SERVICE)
    app.state.operations = Operations(
        service=SERVICE,
        db=station.db,
        relay=relay,
        consumers=consumers,
        decisions=Decisions(station.inbox, Evidence(proofs, SERVICE)),
        idempotency=Idempotency(station.db, keys),
        policy=policy,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{SERVICE}") as http:
        yield Operated(station, bus, app, http, tokens, relay, proofs.rows, consumers)
    await app.state.verifier.close()
    await telemetry.close()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
