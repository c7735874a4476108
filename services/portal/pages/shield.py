"""Around every answer: what browsers may do with it, and a page when our code failed."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEEP = "public, max-age=31536000, immutable"

Failed = Callable[[Request, Exception], Awaitable[Response]]


def content_policy(issuer: str) -> str:
    """The Content-Security-Policy; a login leads to the issuer, so forms may end there."""
    parts = urlsplit(issuer)
    return (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action 'self' {parts.scheme}://{parts.netloc}"
    )


class Shield:
    """Innermost middleware: it still knows the request's trace when it shows a failure."""

    def __init__(self, app: ASGIApp, *, issuer: str, secure: bool, failed: Failed) -> None:
        self._app = app
        self._failed = failed
        self._headers = {
            "Content-Security-Policy": content_policy(issuer),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }
        if secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with our headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._guard(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            if begun:
                raise
            response = await self._failed(Request(scope), error)
            await response(scope, receive, sent)

    def _guard(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        static = scope["path"].startswith("/static/")
        headers.setdefault("Cache-Control", _KEEP if static else "no-store")
