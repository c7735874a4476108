"""A gateway on real sockets, in front of upstreams that tests write."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn
from opentelemetry.sdk.trace.export import SpanExporter
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.app import Gateway, create_app, server_config
from gateway.limits import ConnectionLimits, limited_protocol
from gateway.routes import ROUTES, Route
from gateway.settings import GatewaySettings
from shared.auth import Verifier
from shared.telemetry import Telemetry, TelemetrySettings
from tests.support.tokens import TokenMaker

SERVICES = ("identity", "catalogue", "cases", "exchange", "portal")
BASE = "http://localhost:8000"


def echo(service: str) -> ASGIApp:
    """An upstream that tells what reached it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        told = {
            "service": service,
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [
                [name.decode(), value.decode("latin-1")] for name, value in scope["headers"]
            ],
            "length": len(body),
        }
        answer = orjson.dumps(told)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(answer)),
                    (b"x-request-id", b"of-the-service"),
                    (b"server", b"secret/1.0"),
                    (b"set-cookie", b"tongban_portal_sid=1"),
                    (b"set-cookie", b"tongban_login=1"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    return app


async def serve(config: uvicorn.Config) -> uvicorn.Server:
    """A real server in this loop, without the signals that it would take over."""
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    return server


async def stop(server: uvicorn.Server) -> None:
    server.force_exit = True  # nobody waits for what a test left open
    await server.lifespan.shutdown()
    await server.shutdown()


class Stack:
    """All that a test has started, to be ended at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[uvicorn.Server] = []
        self.clients: list[httpx.AsyncClient] = []
        self.telemetries: list[Telemetry] = []

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self.clients))
        await asyncio.gather(*(stop(server) for server in reversed(self.servers)))
        await asyncio.gather(*(one.close() for one in self.telemetries))


@dataclass
class Running:
    """A gateway in front of its upstreams, and a client of it."""

    app: Gateway
    port: int
    client: httpx.AsyncClient
    tokens: TokenMaker
    telemetry: Telemetry

    def bearer(self, service: str, scope: str, **changes: Any) -> dict[str, str]:
        claims = {"aud": [f"{BASE}/api/{service}"], "scope": scope, **changes}
        return {"authorization": f"Bearer {self.tokens.token(**claims)}"}

    async def raw(self, data: bytes, wait: float = 2.0) -> bytes:
        """What comes back for these bytes until the gateway hangs up or falls silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        answer = bytearray()
        try:
            async with asyncio.timeout(wait):
                while part := await reader.read(65536):
                    answer += part
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
        return bytes(answer)


Start = Callable[..., Awaitable[Running]]


async def launch(
    stack: Stack,
    upstreams: Mapping[str, ASGIApp | None] | None = None,
    limits: ConnectionLimits | None = None,
    routes: Iterable[Route] = ROUTES,
    own_verifier: bool = False,
    exporter: SpanExporter | None = None,
    sample: float = 0.1,
    **changes: Any,
) -> Running:
    services = sorted({*SERVICES, *(upstreams or {})})  # traces only where a test wants it
    urls = {f"{service.upper()}_URL": f"unix:{stack.folder}/{service}.sock" for service in services}
    for service in services:
        app = {service: echo(service), **(upstreams or {})}[service]
        if app is not None:
            path = f"{stack.folder}/{service}.sock"
            config = uvicorn.Config(app, uds=path, lifespan="off", log_config=None)
            stack.servers.append(await serve(config))
    events = f"sqlite:///{stack.folder}/events.db"
    settings = GatewaySettings(**{"PUBLIC_BASE": BASE, "EVENTS_URL": events, **urls, **changes})
    tokens = TokenMaker(BASE)
    telemetry = Telemetry("gateway", TelemetrySettings(sample=sample), exporter)
    stack.telemetries.append(telemetry)
    gateway = create_app(
        settings,
        telemetry=telemetry,
        verifier=None if own_verifier else Verifier(tokens.jwks, tokens.issuer, None),
        routes=routes,
    )
    chosen = {"http": limited_protocol(limits)} if limits else {}
    server = await serve(server_config(gateway, settings, port=0, **chosen))
    stack.servers.append(server)
    port = server.servers[0].sockets[0].getsockname()[1]
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20)
    stack.clients.append(client)
    return Running(gateway, port, client, tokens, telemetry)
