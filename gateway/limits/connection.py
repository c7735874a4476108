"""uvicorn's HTTP/1.1 with what it leaves open: how large a head, how slow a sender."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.limits.framing import fault_of
from gateway.limits.problems import HeadersTooLarge, RequestTimeout
from shared.web.problems import MEDIA_TYPE, BadRequest, MethodNotAllowed, Problem, problem_body

_LANGUAGE = "zh"  # nobody has said yet which language they read
_TICK = 1.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take."""

    base: str  # the public base, where problem types live
    head_size: int = 32_768
    header_count: int = 100
    head_seconds: float = 10.0
    body_seconds: float = 20.0  # of grace, before the rate counts
    body_rate: float = 1024.0  # bytes a second that a body must come with
    idle_seconds: float = 90.0
    discarded: int = 8_388_608  # of a body that was refused, before we hang up
    connections: int = 4096


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    REFUSED = auto()


class LimitedProtocol(HttpToolsProtocol):
    """One connection from outside. `limits` is set by `limited_protocol`."""

    limits: ConnectionLimits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._enter(_Phase.IDLE)
        self._timer = self.loop.call_later(_TICK, self._tick)
        if len(self.connections) > self.limits.connections:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.REFUSED:
            return
        # What is neither body nor head (chunk sizes, trailers) is counted with the head.
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > self.limits.head_size + self._body_seen:
            self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        if self._phase is not _Phase.REFUSED:
            super().on_message_begin()
            self._enter(_Phase.HEAD)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is _Phase.HEAD:  # afterwards they are trailers, and no headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._phase is _Phase.REFUSED:
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.head_size or len(self.headers) > self.limits.header_count:
            self._refuse(HeadersTooLarge())
        elif fault := fault_of(self.headers, self.parser.get_http_version()):
            self._refuse(fault)
        elif self.parser.get_method() == b"CONNECT":
            self._refuse(MethodNotAllowed(headers={"Allow": "GET, HEAD, POST"}))
        else:
            self._enter(_Phase.BODY)
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._phase is _Phase.REFUSED:
            return
        self._beside_body -= len(body)
        self._body_seen += len(body)
        super().on_body(body)
        if self.cycle.response_complete:
            self._unwanted += len(body)
            if self._unwanted > self.limits.discarded:
                self.transport.abort()

    def on_message_complete(self) -> None:
        if self._phase is not _Phase.REFUSED:
            self._enter(_Phase.IDLE)
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(BadRequest(msg))

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._beside_body = self._body_seen = self._unwanted = 0

    def _refuse(self, problem: Problem) -> None:
        """Answer on the wire and hang up: the app never sees this request."""
        if self._phase is _Phase.REFUSED or self.transport.is_closing():
            return
        amid = self._amid_an_answer()
        self._phase = _Phase.REFUSED
        if amid:
            self.transport.abort()
            return
        body = problem_body(problem, base=self.limits.base, instance="", language=_LANGUAGE)
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Content-Type-Options": "nosniff",
            **problem.headers,
        }
        lines = [f"HTTP/1.1 {problem.status} Refused", *(f"{n}: {v}" for n, v in headers.items())]
        self.transport.write("\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body)
        self.transport.close()

    def _amid_an_answer(self) -> bool:
        """Whether what we say now would be read as a part of another answer."""
        if self._phase is _Phase.BODY:
            return self.cycle.response_started or bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _tick(self) -> None:
        self._timer = self.loop.call_later(_TICK, self._tick)
        took = self.loop.time() - self._since
        if self.flow.read_paused:
            self._since += _TICK  # it is we who let the sender wait
        elif self._phase is _Phase.HEAD and took > self.limits.head_seconds:
            self._refuse(RequestTimeout())
        elif self._phase is _Phase.BODY:
            if took > self.limits.body_seconds + self._body_seen / self.limits.body_rate:
                self.transport.abort()
        elif self._phase is _Phase.IDLE and took > self.limits.idle_seconds:
            self._hang_up_if_idle()

    def _hang_up_if_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def limited_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """The class that uvicorn makes for each connection."""
    attributes: dict[str, Any] = {"limits": limits}
    return type("GatewayProtocol", (LimitedProtocol,), attributes)
