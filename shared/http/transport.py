"""Our engine as a transport of httpx, for the clients of services."""

from collections.abc import AsyncIterator

import httpx

from shared.http.errors import (
    AnswerTimedOut,
    BadUpstreamAnswer,
    ConnectTimedOut,
    UnsendableRequest,
    UpstreamBusy,
    UpstreamDown,
    UpstreamFault,
    UpstreamLost,
)
from shared.http.wire import Answer, Streamed, Timeouts, Upstream

_AS_HTTPX: dict[type[Exception], type[httpx.TransportError]] = {
    UpstreamBusy: httpx.PoolTimeout,
    UpstreamDown: httpx.ConnectError,
    ConnectTimedOut: httpx.ConnectTimeout,
    AnswerTimedOut: httpx.ReadTimeout,
    UpstreamLost: httpx.ReadError,
    BadUpstreamAnswer: httpx.RemoteProtocolError,
    UnsendableRequest: httpx.LocalProtocolError,
}


class UpstreamTransport(httpx.AsyncBaseTransport):
    """Requests to one upstream, and to no other host, whatever URL a caller hands in."""

    def __init__(self, upstream: Upstream, origin: httpx.URL) -> None:
        """`origin`: scheme, host and port that requests are written for."""
        self._upstream = upstream
        self._origin = _origin(origin)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if _origin(request.url) != self._origin:
            raise httpx.UnsupportedProtocol(
                f"this client speaks to {self._upstream.url} only, not to {request.url.host}"
            )
        try:
            answer = await self._upstream.send(
                request.method.encode("ascii"),
                request.url.raw_path,
                [(name.lower(), value) for name, value in request.headers.raw],
                await _body(request),
                timeouts=_timeouts(request.extensions.get("timeout", {})),
            )
        except (UpstreamFault, UnsendableRequest) as fault:
            raise as_httpx(fault, request) from fault
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_AnswerStream(answer, request)
        )

    async def aclose(self) -> None:
        self._upstream.close()


class _AnswerStream(httpx.AsyncByteStream):
    def __init__(self, answer: Answer, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while part := await self._answer.part():
                yield part
        except UpstreamFault as fault:
            raise as_httpx(fault, self._request) from fault

    async def aclose(self) -> None:
        self._answer.close()


def as_httpx(fault: Exception, request: httpx.Request) -> httpx.TransportError:
    """The exception by which users of httpx know this fault."""
    return _AS_HTTPX[type(fault)](str(fault), request=request)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _body(request: httpx.Request) -> bytes | Streamed:
    if isinstance(request.stream, httpx.ByteStream):
        return await request.aread()
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise httpx.LocalProtocolError("a streamed body must be an asynchronous one")
    length = request.headers.get("content-length")
    return Streamed(request.stream, None if length is None else int(length))


def _timeouts(given: dict[str, float | None]) -> Timeouts:
    standard = Timeouts()

    def seconds(name: str, otherwise: float) -> float:
        value = given.get(name)
        return otherwise if value is None else value

    return Timeouts(
        connect=seconds("connect", standard.connect),
        wait=seconds("pool", standard.wait),
        answer=seconds("read", standard.answer),
        idle=seconds("read", standard.idle),
    )
