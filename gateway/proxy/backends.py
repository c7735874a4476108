"""The services behind the gateway, each with a pool and a breaker of its own (bulkheads)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Self

from gateway.settings import GatewaySettings
from shared.http import Breaker
from shared.http.errors import UpstreamBusy, UpstreamFault
from shared.http.wire import Answer, Headers, Streamed, Timeouts, Upstream
from shared.web.problems import ServiceUnavailable, Text

_OWN_QUESTIONS = 4

Refusal = Literal["shut", "busy", "failed"]


@dataclass(frozen=True, slots=True)
class Backend:
    """One service. `proxied` carries the callers' requests, `asked` our own few questions.

    `refused` counts the requests that got no answer of the service, by the reason.
    """

    name: str
    proxied: Upstream
    asked: Upstream
    breaker: Breaker
    refused: Counter[Refusal] = field(default_factory=Counter)

    @classmethod
    def at(cls, name: str, url: str, settings: GatewaySettings) -> Self:
        """The service at `url`."""
        proxied = Upstream(url, connections=settings.connections, max_waiting=settings.max_waiting)
        return cls(name, proxied, Upstream(url, connections=_OWN_QUESTIONS), Breaker())

    async def send(
        self, method: bytes, target: bytes, headers: Headers, body: bytes | Streamed, t: Timeouts
    ) -> Answer:
        """Pass a caller's request on, unless the service keeps failing."""
        if not self.breaker.allows():
            self.refused["shut"] += 1
            raise ServiceUnavailable(
                Text("该服务暂时不可用。", "This service is away for now."),
                retry_after=max(1, round(self.breaker.wait)),
            )
        try:
            answer = await self.proxied.send(method, target, headers, body, timeouts=t)
        except UpstreamBusy:
            self.refused["busy"] += 1
            raise  # it is at work, on others' requests
        except UpstreamFault:
            self.refused["failed"] += 1
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer

    def close(self) -> None:
        """Cut every connection."""
        self.proxied.close()
        self.asked.close()
