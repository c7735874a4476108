"""Our side of the answer: what every answer carries, whoever wrote it."""

from starlette.types import Message, Send

from gateway.proxy.cookies import may_set
from gateway.routes import Route
from shared.http.wire import Headers

_WRITTEN_HERE = frozenset(
    {b"date", b"server", b"strict-transport-security", b"x-content-type-options", b"x-powered-by",
     b"x-request-id"}
)  # fmt: skip
_BODILESS = (204, 304)
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_NO_FRAMES = (b"content-security-policy", b"frame-ancestors 'none'")
_NO_REFERRER = (b"referrer-policy", b"no-referrer")
_NO_STORE = (b"cache-control", b"no-store")
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Reply:
    """Dresses the start of an answer and remembers whether it has begun."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        """`secure`: the public side is https."""
        self.started = False
        self.route: Route | None = None
        self.personal = False
        self._send = send
        self._secure = secure

    async def send(self, message: Message) -> None:
        """ASGI's send, for whoever answers."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = self._dressed(message["status"], list(message.get("headers", ())))
            message = {**message, "headers": headers}
        await self._send(message)

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """An answer in one piece."""
        headers = [*headers, (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _dressed(self, status: int, headers: Headers) -> Headers:
        kept = [header for header in headers if self._passes(status, *header)]
        names = {name for name, _ in kept}
        kept.append(_NOSNIFF)
        if self.route is None or not self.route.framable:
            kept.append(_NO_FRAMES)
        if b"referrer-policy" not in names:
            kept.append(_NO_REFERRER)
        if self.personal and b"cache-control" not in names:
            kept.append(_NO_STORE)
        if self._secure:
            kept.append(_HSTS)
        return kept

    def _passes(self, status: int, name: bytes, value: bytes) -> bool:
        if name == b"set-cookie":
            return self.route is not None and may_set(value, self.route.cookies)
        if name == b"content-length":
            return status not in _BODILESS
        return name not in _WRITTEN_HERE
