"""The app factory: what every service's HTTP side has in common."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import FASTAPI_TELEMETRY, Telemetry
from shared.web.handlers import install_problems
from shared.web.openapi import Api

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_LARGEST_BODY = 2 * 1024 * 1024


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def create_app(
    *,
    title: str,
    description: str,
    base: str,
    telemetry: Telemetry,
    lifespan: Lifespan,
    routers: tuple[APIRouter, ...],
) -> FastAPI:
    """A FastAPI app with problems for errors, telemetry, `/healthz`, `/readyz` and `/metrics`.

    `base` is the public base URL, where problem types live. FastAPI's own tracing stays off:
    the telemetry middleware writes the one server span.
    """
    app = Api(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        telemetry=FASTAPI_TELEMETRY,
    )
    install_problems(app, base)
    for router in routers:
        app.include_router(router)
    app.add_middleware(BodyLimit, largest=_LARGEST_BODY)
    telemetry.install(app)
    return app


class BodyLimit:
    """Refuses a body that is larger than this service reads, counted as it comes."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body's bytes on their way to the app."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise HTTPException(413, f"At most {self._largest} bytes are read here.")
            return message

        await self._app(scope, counted, send)


def _operation_id(route: APIRoute) -> str:
    return route.name
