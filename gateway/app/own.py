"""What the gateway answers itself: documents, health, metrics. Off the data path."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.app import docs
from gateway.app.openapi import JoinedOpenAPI
from gateway.proxy.backends import Backend
from shared.http.errors import UpstreamFault
from shared.http.wire import Timeouts
from shared.i18n import negotiate
from shared.telemetry import metrics_response
from shared.web.problems import MethodNotAllowed, NotFound

Page = Callable[[Request], Awaitable[Response]]

_OK = 200
_PROBE = Timeouts(connect=0.5, wait=0.5, answer=0.5, idle=0.5)


class OwnPages:
    """An ASGI app of a few fixed paths; what it does not know is a NotFound problem."""

    def __init__(
        self, openapi: JoinedOpenAPI, backends: Mapping[str, Backend], registry: CollectorRegistry
    ) -> None:
        self._openapi = openapi
        self._backends = backends
        self._registry = registry
        self._pages: dict[str, Page] = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/api/openapi.json": self._document,
            "/api/docs": self._docs,
            "/api/docs.css": self._stylesheet,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD."""
        page = self._pages.get(scope["path"])
        if page is None:
            raise NotFound
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(headers={"Allow": "GET, HEAD"})
        response = await page(Request(scope, receive))
        await response(scope, receive, send)

    async def _healthz(self, _: Request) -> Response:
        return _json({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        """Ready as long as we answer: an upstream that is away makes its own paths fail only."""
        names = sorted(self._backends)
        states = await asyncio.gather(*(self._state(self._backends[name]) for name in names))
        return _json({"status": "ready", "upstreams": dict(zip(names, states, strict=True))})

    async def _metrics(self, _: Request) -> Response:
        return metrics_response(self._registry)

    async def _document(self, _: Request) -> Response:
        return _json(await self._openapi.document())

    async def _docs(self, request: Request) -> Response:
        language = negotiate(request.headers.get("accept-language"))
        page = docs.page(await self._openapi.document(), language)
        headers = {
            "Content-Security-Policy": docs.CONTENT_SECURITY_POLICY,
            "Vary": "Accept-Language",
        }
        return Response(page, headers=headers, media_type="text/html")

    async def _stylesheet(self, _: Request) -> Response:
        return Response(docs.STYLESHEET, media_type="text/css")

    @staticmethod
    async def _state(backend: Backend) -> str:
        try:
            answer = await backend.asked.send(b"GET", b"/readyz", [], timeouts=_PROBE)
            answer.close()
        except UpstreamFault:
            return "down"
        return "ready" if answer.status == _OK else "unready"


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
