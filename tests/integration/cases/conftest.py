"""Cases as a whole app, with neighbours that can be told what to say and be taken down."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.cases.app import Neighbours, create_app
from services.cases.clients import Catalogue, Exchange, Identity
from services.cases.settings import Settings
from services.cases.store.tables import metadata
from shared import clock
from shared.auth import ServiceTokens
from shared.db import Database
from tests.support.tokens import TokenMaker

ITEM = "11990102MB2824177L4000105001000"
OTHER = "11990102MB2824177L4000105002000"
DEPARTMENT = "11990102MB2824177L"
REGION = "990102000000"
CITIZEN = "psn_citizen"


def item(code: str = ITEM, **changes: Any) -> dict[str, Any]:
    """An item with a form whose name and household come from sources."""
    return {
        "code": code,
        "name": "食品经营许可",
        "department": DEPARTMENT,
        "region": REGION,
        "item_type": "01",
        "promise_days": 10,
        "statutory_days": 20,
        "real_name_level": 2,
        "guide": {"conditions": ["有场所"]},
        "materials": [{"code": "M01", "name": "平面图"}],
        "form": {
            "type": "object",
            "required": ["name", "id_number", "shop"],
            "properties": {
                "name": _field("姓名", "identity", "name"),
                "id_number": _field(
                    "身份证号", "identity", "id_number", pattern="^[0-9]{17}[0-9X]$"
                ),
                "household": _field("户籍地址", "population/household", "household_address"),
                "shop": {
                    "type": "string",
                    "title": "店名",
                    "x-title-en": "Shop name",
                    "maxLength": 20,
                    "x-error": "店名请控制在 20 字以内。",
                },
                "seats": {"type": "integer", "title": "座位数", "minimum": 0},
            },
        },
    } | changes


def _field(title: str, source: str, name: str, **more: Any) -> dict[str, Any]:
    prefill = {"source": source, "field": name, "trust": "authoritative"}
    return {"type": "string", "title": title, "x-prefill": prefill} | more


@dataclass
class World:
    """What the neighbours say, who is down, and what they were asked."""

    items: dict[str, dict[str, Any]] = field(default_factory=lambda: {ITEM: item()})
    statuses: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            CITIZEN: {"id": CITIZEN, "name": "王小兰", "id_number": "990102199001011234"},
            "psn_agent": {"id": "psn_agent", "name": "李代办", "id_number": "990102198501015678"},
            "org_shop": {"id": "org_shop", "name": "云州小馆", "code": "92990102MA0000000X"},
        }
    )
    household: dict[str, str] = field(default_factory=lambda: {"household_address": "南湖区一号"})
    effective: str = "2026-01-01"
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def app(self) -> Starlette:
        """Catalogue, identity and exchange behind one door."""
        return Starlette(
            routes=[
                Route("/v1/items/{code}", self._item),
                Route("/v1/items/{code}/versions/{n:int}", self._version),
                Route("/v1/departments/{code}", self._department),
                Route("/v1/people/{id}", self._party),
                Route("/v1/organisations/{id}", self._party),
                Route("/v1/resources/{code}/query", self._query, methods=["POST"]),
                Route("/identity/token", self._token, methods=["POST"]),
            ]
        )

    async def _item(self, request: Request) -> JSONResponse:
        code = request.path_params["code"]
        if code not in self.items or "catalogue" in self.down:
            return self._missing("catalogue")
        status = self.statuses.get(code, "published")
        told = {"status": status, "version": 1, "effective": self.effective}
        return JSONResponse(told | {"code": self.items[code]["code"]})

    async def _version(self, request: Request) -> JSONResponse:
        self.asked.append(("version", request.path_params["code"]))
        if "catalogue" in self.down:
            return self._missing("catalogue")
        code, version = request.path_params["code"], request.path_params["n"]
        return JSONResponse({"code": code, "version": version, "item": self.items[code]})

    async def _department(self, request: Request) -> JSONResponse:
        return JSONResponse({"code": request.path_params["code"], "name": "南湖区市场监督管理局"})

    async def _party(self, request: Request) -> JSONResponse:
        self.asked.append(("party", dict(request.query_params)))
        person = self.people.get(request.path_params["id"])
        if "identity" in self.down or person is None:
            return self._missing("identity")
        fields = request.query_params.getlist("fields")
        told = {"id": person["id"], "fields": {name: person.get(name) for name in fields}}
        return JSONResponse(told if fields else person)

    async def _query(self, request: Request) -> JSONResponse:
        self.asked.append(("query", await request.json()))
        if "exchange" in self.down:
            return self._missing("exchange")
        source = {"resource": "population/household", "call": "cal_1", "as_of": "2026-05-01"}
        return JSONResponse({"values": self.household, "source": source})

    async def _token(self, _request: Request) -> JSONResponse:
        return JSONResponse({"access_token": "acting", "expires_in": 300})

    def _missing(self, who: str) -> JSONResponse:
        return JSONResponse({"title": "away"}, 503 if who in self.down else 404)


@dataclass
class Running:
    """The app, a client for it, and tokens for those who use it."""

    app: FastAPI
    http: httpx.AsyncClient
    tokens: TokenMaker
    world: World
    db: Database

    def citizen(self, person: str = CITIZEN, **more: Any) -> dict[str, str]:
        """Headers of an applicant."""
        return self._bearer(self.tokens.person(person, scopes="cases.apply cases.read", **more))

    def staff(self, *roles: str, **more: Any) -> dict[str, str]:
        """Headers of somebody at the desk that handles the item."""
        office = {"staff": "stf_1", "department": DEPARTMENT, "region": REGION} | more
        return self._bearer(self.tokens.staff(roles=roles or ("officer",), **office))

    def system(self, **more: Any) -> dict[str, str]:
        """Headers of the department's own system."""
        office = {"department": DEPARTMENT, "region": REGION, "scopes": "cases.handle"} | more
        return self._bearer(self.tokens.system("vendor", **office))

    async def start(self, status: str = "submitted", **more: Any) -> str:
        """A case of the citizen; its number."""
        body = {"item": ITEM, "status": status, "form": {"shop": "小馆"}} | more
        answer = await self.http.post("/v1/cases", json=body, headers=self.citizen())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    async def act(self, number: str, act: str, who: dict[str, str], **body: Any) -> httpx.Response:
        """Post an act."""
        return await self.http.post(f"/v1/cases/{number}/{act}", json=body, headers=who)

    async def case(self, number: str, who: dict[str, str] | None = None) -> dict[str, Any]:
        """The case as somebody sees it."""
        answer = await self.http.get(f"/v1/cases/{number}", headers=who or self.citizen())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @staticmethod
    def _bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running(url: str, folder: Path, world: World) -> AsyncGenerator[Running]:
    """Cases on this database, migrated, with its background works."""
    tokens = TokenMaker()
    neighbour = httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app()), base_url="http://neighbour"
    )
    own = ServiceTokens("/identity/token", "cases", "secret", neighbour)
    neighbours = Neighbours(
        Catalogue(neighbour),
        Identity(neighbour, lambda: own.auth("identity")),
        Exchange(neighbour, lambda: own, "exchange"),
    )
    settings = Settings.model_validate(
        {
            "database_url": url,
            "KEYS_FOLDER": folder / "keys",
            "EVENTS_URL": f"sqlite:///{folder}/events.db",
            "TONGBAN_ENVIRONMENT": "onebox",
        }
    )
    app = create_app(settings, jwks=tokens.jwks, neighbours=neighbours)
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://cases", timeout=30) as http,
    ):
        yield Running(app, http, tokens, world, runtime.db)
    await own.close()
    await neighbour.aclose()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def cases(tmp_path: Path, world: World) -> AsyncGenerator[Running]:
    """Cases on SQLite."""
    async with running(f"sqlite:///{tmp_path}/cases.db", tmp_path, world) as started:
        yield started


@pytest.fixture
async def cases_everywhere(
    database_url: str, tmp_path: Path, world: World
) -> AsyncGenerator[Running]:
    """Cases on SQLite and on PostgreSQL in turn."""
    async with running(database_url, tmp_path, world) as started:
        yield started


@pytest.fixture
def on_day() -> Callable[[str], Any]:
    """Holds the clock at ten in the morning of a day in Shanghai."""

    def hold(day: str) -> Any:
        return clock.at(datetime.fromisoformat(f"{day}T02:00:00").replace(tzinfo=UTC))

    return hold


@pytest.fixture
def tables() -> Any:
    return metadata.tables
