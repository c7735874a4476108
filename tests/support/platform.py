"""All services with an API, served on loopback ports by one thread, with something in them.

Tokens are those of a TokenMaker; neighbours are the real ones, reached over HTTP.
"""

import asyncio
import concurrent.futures
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from services.catalogue.commands.importing import Import
from services.exchange.commands.load import load as load_resources
from tests.support.tokens import TokenMaker
from tests.support.traces import export, message

SERVICES = ("identity", "catalogue", "cases", "exchange", "traces")
DEMO = Path(__file__).parents[2] / "deploy/demo"
DEPARTMENT = "11990102MB2824177L"
REGION = "990102000000"
ITEM = "11990102MB2824177L4000105009000"
TRACE = 0x0AF7651916CD43DD8448EB211C80319C
OTHER_ITEM = "11990102MB2824177L4000105009001"  # nothing rests on it: it may be withdrawn
PERSON = "psn_0190a1b2"
_NOWHERE = "http://127.0.0.1:9"
_SCOPES = (
    "catalogue.read catalogue.manage cases.handle cases.read exchange.query exchange.manage "
    "events.read identity.manage ops.read ops.manage"
)
_ROLES = (
    "officer", "reviewer", "clerk", "coordinator", "catalogue_editor", "data_officer",
    "system_administrator",
)  # fmt: skip


@dataclass
class Platform:
    """Where the services are, and who may call them."""

    tokens: TokenMaker
    urls: dict[str, str]
    databases: Mapping[str, str]
    apps: dict[str, FastAPI] = field(default_factory=dict)

    def citizen(self) -> str:
        """A person with every scope that a person gets."""
        scopes = "cases.apply cases.read exchange.query identity.self catalogue.read"
        return self.tokens.person(PERSON, scopes=scopes, level=4)

    def officer(self) -> str:
        """Somebody with every role at the desk of the department that handles the item."""
        return self.tokens.staff(
            department=DEPARTMENT,
            region=REGION,
            roles=_ROLES,
            scopes=_SCOPES,
            person="psn_officer",
            aud=self._everywhere,
        )

    def system(self) -> str:
        """The department's own system."""
        return self.tokens.system(
            "department",
            scopes=_SCOPES,
            department=DEPARTMENT,
            region=REGION,
            aud=self._everywhere,
        )

    @property
    def _everywhere(self) -> list[str]:
        return [f"{self.tokens.base}/api/{name}" for name in SERVICES]

    def call(self, method: str, service: str, path: str, token: str, **options: Any) -> Any:
        """The JSON answer of a call that must succeed."""
        headers = {"Authorization": f"Bearer {token}"}
        url = self.urls[service] + path
        answer = httpx.request(method, url, headers=headers, timeout=30, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def case(self, *acts: str) -> str:
        """A new case of the citizen, submitted, on which the officer has done these acts."""
        body = {"item": ITEM, "status": "submitted", "form": {"shop": "小馆"}}
        number = self.call("POST", "cases", "/v1/cases", self.citizen(), json=body)["number"]
        for act in acts:
            self.call("POST", "cases", f"/v1/cases/{number}/{act}", self.officer(), json={})
        return str(number)


@contextmanager
def platform(folder: Path, databases: Mapping[str, str] | None = None) -> Iterator[Platform]:
    """Serve until the block ends; without `databases` (a URL for each service) on SQLite."""
    databases = databases or {name: f"sqlite:///{folder}/{name}.db" for name in SERVICES}
    sockets = {name: _listen() for name in SERVICES}
    urls = {name: f"http://127.0.0.1:{sock.getsockname()[1]}" for name, sock in sockets.items()}
    made = Platform(TokenMaker(), urls, databases)
    ready: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=_run_in_thread, args=(made, folder, sockets, ready, stop), daemon=True
    )
    thread.start()
    loop = ready.result(timeout=120)
    try:
        for code in (ITEM, OTHER_ITEM):
            made.call("POST", "catalogue", "/v1/items", made.officer(), json=an_item(code))
        _trace(made)
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=60)


def _run_in_thread(
    made: Platform,
    folder: Path,
    sockets: dict[str, socket.socket],
    ready: "concurrent.futures.Future[asyncio.AbstractEventLoop]",
    stop: asyncio.Event,
) -> None:
    try:
        asyncio.run(_serve(made, folder, sockets, ready, stop))
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


async def _serve(
    made: Platform,
    folder: Path,
    sockets: dict[str, socket.socket],
    ready: "concurrent.futures.Future[asyncio.AbstractEventLoop]",
    stop: asyncio.Event,
) -> None:
    for name in SERVICES:
        made.apps[name] = _open(made, folder, name)
        runtime = made.apps[name].state.runtime
        await runtime.migrations.upgrade(runtime.db)
    await _fill(made)
    servers = {name: _server(app) for name, app in made.apps.items()}
    running = [
        asyncio.create_task(server.serve([sockets[name]])) for name, server in servers.items()
    ]
    ready.set_result(asyncio.get_running_loop())
    await stop.wait()
    for server in servers.values():
        server.should_exit = True
    await asyncio.gather(*running)


def _open(made: Platform, folder: Path, name: str) -> FastAPI:
    settings = import_module(f"services.{name}.settings").Settings
    environment = {f"{other.upper()}_URL": url for other, url in made.urls.items()} | {
        "GATEWAY_URL": _NOWHERE,
        "database_url": made.databases[name],
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": f"{folder}/keys",
        "TONGBAN_ENVIRONMENT": "onebox",
    }
    app: FastAPI = import_module(f"services.{name}.app").create_app(
        settings.model_validate(environment)
    )
    app.state.verifier = made.tokens.verifier(name)
    return app


async def _fill(made: Platform) -> None:
    state = made.apps["catalogue"].state
    importing = Import(state.runtime.db, state.publishing, "tests")
    for name in ("regions", "departments"):
        await importing.run(DEMO / f"catalogue/{name}.json", None)
    runtime = made.apps["exchange"].state.runtime
    await load_resources(runtime, DEMO / "exchange.json", connector_url=_NOWHERE)


def _trace(made: Platform) -> None:
    """One trace, as a service of anybody's would send it; it can be read when this returns."""
    spans = [message(TRACE, 1, kind="server", http__route="/v1"), message(TRACE, 2, 1)]
    body = export(*spans).SerializeToString()
    url = f"{made.urls['traces']}/otlp/v1/traces"
    headers = {"Content-Type": "application/x-protobuf"}
    assert httpx.post(url, content=body, headers=headers, timeout=10).is_success
    until = time.monotonic() + 10
    while not made.call("GET", "traces", "/v1/traces", made.officer())["items"]:
        assert time.monotonic() < until, "the trace was not written"
        time.sleep(0.1)


def _server(app: FastAPI) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))


def _listen() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # calls wait here until the server takes them
    return listening


def an_item(code: str) -> dict[str, Any]:
    """An item that can be applied for."""
    return {
        "code": code,
        "name": "食品经营许可",
        "department": DEPARTMENT,
        "region": REGION,
        "item_type": "01",
        "audience": ["2"],
        "online_depth": 4,
        "visits": 0,
        "promise_days": 10,
        "statutory_days": 20,
        "real_name_level": 1,
        "guide": {"conditions": ["有场所"], "flow": ["受理"], "basis": ["食品安全法"]},
        "materials": [{"code": "M01", "name": "平面图"}],
        "form": {
            "type": "object",
            "required": ["shop"],
            "properties": {"shop": {"type": "string", "title": "店名", "maxLength": 20}},
        },
    }
