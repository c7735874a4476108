"""The gateway put together."""

from collections.abc import Iterable
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from gateway.app.keys import IssuerKeys
from gateway.app.metrics import UpstreamMetrics
from gateway.app.openapi import JoinedOpenAPI
from gateway.app.own import OwnPages
from gateway.limits import Buckets, ConnectionLimits, limited_protocol
from gateway.proxy.access import Door
from gateway.proxy.backends import Backend
from gateway.proxy.pipeline import Pipeline
from gateway.routes import ROUTES, Route, Routes
from gateway.settings import GatewaySettings
from shared.auth import RevocationFeed, Verifier
from shared.events import EventBus, from_url
from shared.telemetry import Telemetry
from shared.web import background

__all__ = ["Gateway", "create_app", "server_config"]

_GRACE = 10


class Gateway:
    """The ASGI app: HTTP through the pipeline, WebSocket refused, the lifespan its own."""

    def __init__(
        self,
        pipeline: Pipeline,
        telemetry: Telemetry,
        backends: Iterable[Backend],
        verifier: Verifier,
        bus: EventBus,
    ) -> None:
        self._http = telemetry.wrap(pipeline, outside=True)
        self._backends = list(backends)
        self._bus = bus
        self._revocations = RevocationFeed(bus, verifier, telemetry.registry)
        self.verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def close(self) -> None:
        """Cut the connections to the services, and let go of the event bus."""
        for backend in self._backends:
            backend.close()
        await self.verifier.close()
        await self._bus.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with background(revocations=self._revocations.run):
            await self._revocations.caught_up()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(
    settings: GatewaySettings,
    *,
    telemetry: Telemetry,
    verifier: Verifier | None = None,
    routes: Iterable[Route] = ROUTES,
) -> Gateway:
    """Wire the gateway; without `verifier` tokens are checked against identity's keys."""
    backends = {name: Backend.at(name, url, settings) for name, url in settings.upstreams.items()}
    table = Routes(route for route in routes if route.service is None or route.service in backends)
    if verifier is None:
        keys = IssuerKeys(backends["identity"].asked, settings.issuer)
        verifier = Verifier(keys, settings.issuer, None)
    door = Door(
        verifier,
        Buckets(settings.rate, settings.burst),
        settings.audience,
        settings.trusted_proxies,
        base=settings.public_base,
        certificates=settings.mtls_base is not None,
    )
    UpstreamMetrics(backends, telemetry.registry)
    openapi = JoinedOpenAPI(settings.public_base, table, backends)
    own = OwnPages(openapi, backends, telemetry.registry)
    pipeline = Pipeline(settings, table, door, backends, own)
    bus = from_url(settings.events_url)
    return Gateway(pipeline, telemetry, backends.values(), verifier, bus)


def server_config(app: Gateway, settings: GatewaySettings, **options: Any) -> uvicorn.Config:
    """How uvicorn serves the gateway: with our limits on connections, and trusting no header."""
    limits = ConnectionLimits(base=settings.public_base, connections=settings.max_clients)
    chosen: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "http": limited_protocol(limits),
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": _GRACE,
    }
    return uvicorn.Config(app, **{**chosen, **options})
