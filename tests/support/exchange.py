"""Exchange for tests: the whole app, identity beside it, and departments' systems on sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.exchange.commands.load import load
from services.exchange.store.tables import metadata
from shared.db import Database
from shared.events import Envelope, Message
from tests.support.tokens import TokenMaker

DEMO = Path(__file__).parents[2] / "deploy/demo"
CITIZEN = "psn_0190a1b2"
SHOP = "org_0190a1b2"
# The marker person: this name and number must appear in no event, log or evidence.
NAME, NUMBER, SHOP_CODE = "张若溪", "990102199603140423", "91990102MA6K21QX5W"
BIRTH = "11990102MB2906957H4000709001001"
POLICE, HEALTH = "11990102MB2906957H", "11990100MB278278XC"
HOUSEHOLD = "/v1/resources/population.household/query"
CERTIFICATE = "/v1/resources/health.birth/query"
CASE = "990102000000202611210010000011"
COORDINATOR = "11990100MB4438384H"
CONNECTED = "http://department.example:8080"  # what data officers may connect here

Answering = Callable[[Request], Awaitable[Response]]


@dataclass
class Identity:
    """Identity as exchange meets it: numbers by id, tokens, and it can be down."""

    numbers: dict[str, str] = field(
        default_factory=lambda: {CITIZEN: NUMBER, "psn_nobody": "990102200001010000"}
    )
    codes: dict[str, str] = field(default_factory=lambda: {SHOP: SHOP_CODE})
    down: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/people/{id}", self._person),
                Route("/v1/organisations/{id}", self._organisation),
                Route("/identity/token", self._token, methods=["POST"]),
            ]
        )

    async def _person(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        return self._told(request, self.numbers, lambda n: {"fields": {"id_number": n}})

    async def _organisation(self, request: Request) -> Response:
        return self._told(request, self.codes, lambda code: {"code": code, "name": "湖光小馆"})

    def _told(
        self, request: Request, known: dict[str, str], body: Callable[[str], dict[str, Any]]
    ) -> Response:
        party = request.path_params["id"]
        if self.down:
            return JSONResponse({}, 500)
        if request.headers.get("authorization") != "Bearer of-exchange":
            return JSONResponse({}, 401)
        return JSONResponse({"id": party, **body(known[party])} if party in known else {},
                            200 if party in known else 404)  # fmt: skip

    async def _token(self, _request: Request) -> Response:
        return JSONResponse({"access_token": "of-exchange", "expires_in": 300})


@dataclass
class Exchange:
    """The app, a client, tokens, and the department's system behind it."""

    app: FastAPI
    http: httpx.AsyncClient
    tokens: TokenMaker
    identity: Identity
    db: Database
    down_file: Path

    def citizen(self, person: str = CITIZEN, **more: Any) -> dict[str, str]:
        return bearer(self.tokens.person(person, scopes="exchange.query", **more))

    def system(self, department: str = POLICE, **more: Any) -> dict[str, str]:
        scopes = more.pop("scopes", "exchange.query events.read")
        aud = [f"{self.tokens.base}/api/exchange"]
        return bearer(
            self.tokens.system(
                "vendor", scopes=scopes, department=department, region="990102000000", aud=aud,
                **more,
            )
        )  # fmt: skip

    def officer(self, department: str = HEALTH, **more: Any) -> dict[str, str]:
        more = {"roles": ("data_officer",), "scopes": "exchange.query exchange.manage"} | more
        return bearer(self.tokens.staff("stf_data", department=department, **more))

    async def ask(
        self, path: str = HOUSEHOLD, who: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """A citizen asks about himself for the birth registration, unless changed."""
        body = {
            "key": {"person": CITIZEN},
            "purpose": "prefill",
            "item": BIRTH,
            "fields": ["ethnicity"],
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        return await self.http.post(path, json=body, headers=who or self.citizen())

    async def follow(
        self, department: str, types: str, *, subject: str, seconds: float = 30
    ) -> list[dict[str, Any]]:
        """The events of a subject that a department's system sees, once there are some."""
        after: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            while True:
                answer = await self.http.get(
                    "/v1/events",
                    params={"types": types, "wait": 5, **after},
                    headers=self.system(department),
                )
                page = answer.json()
                if found := [e for e in page["events"] if e["subject"] == subject]:
                    return found
                after = {"after": page["next"]}

    @property
    def tables(self) -> list[str]:
        """The names of all tables."""
        return [table.name for table in metadata.sorted_tables]

    async def rows(self, name: str) -> list[Any]:
        """All rows of a table."""
        async with self.db.read() as connection:
            return list(await connection.execute(select(metadata.tables[name])))

    async def connect(self, url: str, **changes: Any) -> None:
        """Let the household resource be answered by another system."""
        document = json.loads((DEMO / "exchange.json").read_text())
        resource = document["resources"][0]
        resource["connector"] |= {"url": url, "timeout": 0.5} | changes
        file = self.down_file.with_name("other.json")
        file.write_text(json.dumps({"resources": [resource]}))
        await load(self.app.state.runtime, file)

    @staticmethod
    async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
        """Wait until the condition holds."""
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - it asks a database
                await asyncio.sleep(0.02)

    async def subscribe(self, url: str, department: str = POLICE, **wants: Any) -> dict[str, Any]:
        """A department's subscription to the events of cases, with its secret."""
        answer = await self.http.post(
            "/v1/subscriptions",
            json={"url": url, "types": ["tongban.cases.*"], **wants},
            headers=self.system(department),
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def subscription(self, made: dict[str, Any], department: str = POLICE) -> dict[str, Any]:
        """A subscription as it is now."""
        path = f"/v1/subscriptions/{made['id']}"
        answer = await self.http.get(path, headers=self.system(department))
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    async def act(
        self,
        made: dict[str, Any],
        act: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """An act on a subscription of the police."""
        path = f"/v1/subscriptions/{made['id']}/{act}"
        return await self.http.post(path, json=body, headers={**self.system(), **(headers or {})})

    async def publish(self, *envelopes: Envelope) -> None:
        """Put other services' events on the bus."""
        for envelope in envelopes:
            await self.app.state.runtime.bus.publish(envelope.topic, [Message.of(envelope)])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def serving(app: Any, socket: Path) -> AsyncGenerator[str]:
    """An app on a Unix socket; gives its URL."""
    config = uvicorn.Config(app, uds=str(socket), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag only
        await asyncio.sleep(0.01)
    try:
        yield f"unix:{socket}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await task


@asynccontextmanager
async def source(socket: Path, answering: Answering) -> AsyncGenerator[str]:
    """A department's system that answers as it likes."""
    routes = [Route("/{path:path}", answering, methods=["POST"])]
    async with serving(Starlette(routes=routes), socket) as url:
        yield url


def case_event(fact: str, sequence: int = 1, **changes: Any) -> Envelope:
    """An event of a birth registration at the police, as cases tells it."""
    facts = {
        "number": CASE,
        "status": "submitted",
        "version": sequence,
        "item": {"code": BIRTH, "version": 1},
        "bundle": None,
        "region": "990102000000",
        "department": POLICE,
        "channel": "001",
        "due": {"promised": None, "statutory": None},
    } | changes
    data: dict[str, Any] = {"case": facts}
    if fact == "case_submitted":
        data["applicant"] = {"type": "person", "id": CITIZEN}
    return Envelope(
        source="/services/cases",
        type=f"tongban.cases.{fact}.v1",
        subject=str(facts["number"]),
        sequence=sequence,
        data=data,
    )
