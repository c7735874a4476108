"""The way of the hottest requests, past all that only the other routes need."""

from collections.abc import Mapping
from typing import Any

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from services.identity.api.answers import Endpoint


class Shortcut:
    """Takes POST to a few fixed paths; everything else goes on to the app.

    No table of routes is searched and no other middleware runs, and each of these endpoints
    bounds the body that it reads. Errors are answered as everywhere.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        endpoints: Mapping[str, Endpoint],
        handlers: Mapping[Any, ExceptionHandler],
    ) -> None:
        """`handlers`: those of the app, which may still grow while it is put together."""
        self._app = app
        self._endpoints = dict(endpoints)
        # The telemetry's span and line name the route that was taken.
        self._routes = {path: Route(path, endpoint) for path, endpoint in endpoints.items()}
        self._short = ExceptionMiddleware(self._answer, handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        short = scope["type"] == "http" and scope["method"] == "POST"
        route = self._routes.get(scope["path"]) if short else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        await self._short(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoints[scope["path"]](Request(scope, receive, send))
        await response(scope, receive, send)
