"""The one way to make a client of another service."""

import httpx
from opentelemetry.trace import TracerProvider

from shared.http.breaker import Breaker
from shared.http.policies import Breaking, Retrying, Tracing
from shared.http.transport import UpstreamTransport
from shared.http.wire import Upstream


def client(
    base_url: str,
    *,
    timeout: float | httpx.Timeout = 10.0,
    retries: int = 2,
    breaker: Breaker | None = None,
    tokens: httpx.Auth | None = None,
    tracer_provider: TracerProvider | None = None,
    connections: int = 64,
    inside: bool = False,
) -> httpx.AsyncClient:
    """A client of `http://…`, `https://…` or `unix:/path.sock`.

    `tokens` puts the service's own token on its calls: `ServiceTokens.auth(audience)`.
    `inside`: it is a service of this installation, which may know of which case this is about.
    """
    base, transport = _wire(base_url, connections)
    transport = Breaking(transport, breaker or Breaker())
    if retries:
        transport = Retrying(transport, retries)
    return httpx.AsyncClient(
        base_url=base,
        transport=Tracing(transport, tracer_provider, inside=inside),
        auth=tokens,
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
    )


def _wire(base_url: str, connections: int) -> tuple[httpx.URL, httpx.AsyncBaseTransport]:
    if base_url.startswith("https:"):
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return httpx.URL(base_url), httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
    if base_url.startswith("unix:"):
        base = httpx.URL("http://localhost")
        return base, UpstreamTransport(Upstream(base_url, connections=connections), base)
    base = httpx.URL(base_url)
    origin = f"{base.scheme}://{base.netloc.decode('ascii')}"
    return base, UpstreamTransport(Upstream(origin, connections=connections), base)
