"""What our clients do around a call, each policy a transport around the next."""

import asyncio
from random import SystemRandom

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from shared.http.breaker import Breaker
from shared.telemetry import baggage, traceparent

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_UNAVAILABLE = frozenset({502, 503, 504})
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 1.0
_SERVER_ERROR = 500

_random = SystemRandom()


class BreakerOpen(httpx.ConnectError):
    """The upstream failed several times in a row and is left alone for a while."""


class Policy(httpx.AsyncBaseTransport):
    """A transport around another."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def aclose(self) -> None:
        await self.inner.aclose()


class Breaking(Policy):
    """Does not even try an upstream that keeps failing.

    An answer is no failure, whatever its status: one resource whose source is down says 503,
    and the others of that service must still be reached.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._breaker.allows():
            raise BreakerOpen(
                f"{request.url.host} keeps failing; next try in {self._breaker.wait:.1f} s",
                request=request,
            )
        try:
            response = await self.inner.handle_async_request(request)
        except (httpx.PoolTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            raise  # ours, not the upstream's
        except httpx.TransportError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return response


class Retrying(Policy):
    """Tries again what may be done twice: at most `retries` times, with full jitter.

    A timeout is not tried again: the upstream may be at work on it, and has too much already.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, retries: int) -> None:
        super().__init__(inner)
        self._retries = retries

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        left = self._retries if _may_repeat(request) else 0
        for attempt in range(left):
            try:
                response = await self.inner.handle_async_request(request)
            except BreakerOpen:
                raise
            except httpx.NetworkError:
                delay = _delay(attempt)
            else:
                wait = _retry_after(response)
                if response.status_code not in _UNAVAILABLE or wait > _LONGEST_DELAY:
                    return response
                await response.aclose()
                delay = max(wait, _delay(attempt))
            await asyncio.sleep(delay)
        return await self.inner.handle_async_request(request)


class Tracing(Policy):
    """Carries the trace on, and shows the call as a span of it when it is sampled.

    Case and item go along to services of ours only.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, provider: TracerProvider | None, *, inside: bool
    ) -> None:
        super().__init__(inner)
        self._inside = inside
        self._tracer = provider.get_tracer("shared.http") if provider is not None else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._tracer is None or not trace.get_current_span().is_recording():
            self._inject(request)
            return await self.inner.handle_async_request(request)
        with self._tracer.start_as_current_span(
            f"{request.method} {request.url.host}", kind=SpanKind.CLIENT
        ) as span:
            span.set_attribute("http.request.method", request.method)
            span.set_attribute("server.address", request.url.host)
            self._inject(request)
            response = await self.inner.handle_async_request(request)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= _SERVER_ERROR:
                span.set_status(Status(StatusCode.ERROR))
            return response

    def _inject(self, request: httpx.Request) -> None:
        headers = request.headers
        if "traceparent" not in headers and (trace_of := traceparent()) is not None:
            headers["traceparent"] = trace_of
        if not self._inside:
            headers.pop("baggage", None)
        elif (carried := baggage()) is not None:
            headers["baggage"] = carried


def _may_repeat(request: httpx.Request) -> bool:
    if not isinstance(request.stream, httpx.ByteStream):
        return False  # a streamed body can be read once
    return request.method in _IDEMPOTENT or "idempotency-key" in request.headers


def _delay(attempt: int) -> float:
    return _random.uniform(0, min(_LONGEST_DELAY, _FIRST_DELAY * 2**attempt))


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
