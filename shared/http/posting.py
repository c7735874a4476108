"""One delivery to a receiver over HTTP: to a checked address, once, and with nothing of ours in it.

No redirect is followed, no cookie and no baggage goes along, and of the answer only the status
counts: its body is read to its end or to a limit, so that the connection can be used again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from shared.clock import now
from shared.http.addresses import AddressRefused, Guard, Target

_ANSWER_BYTES = 64 * 1024
_CONNECT_SECONDS = 3.0
_KEPT_SECONDS = 4.0
_MOST_HOSTS = 256
_MOST_ADDRESSES = 3
_LIMITS = httpx.Limits(max_connections=64, keepalive_expiry=_KEPT_SECONDS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a delivery: a status, or in a code why there is none."""

    status: int | None
    reason: str
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken it: 2xx and nothing else."""
        return self.status is not None and httpx.codes.is_success(self.status)


class Posting:
    """Posts to receivers; each host has connections of its own."""

    def __init__(
        self, guard: Guard, seconds: float, authorities: Path | None = None, *, agent: str
    ) -> None:
        """`seconds` bounds a whole delivery; `authorities`: certificates of a private CA (PEM).

        `agent` is the name under which receivers see us.
        """
        self._agent = agent
        self._guard = guard
        self._seconds = seconds
        self._tls = httpx.create_ssl_context(trust_env=False)
        if authorities is not None:
            self._tls.load_verify_locations(authorities)
        self._hosts: OrderedDict[tuple[str, str], httpx.AsyncHTTPTransport] = OrderedDict()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Deliver once; whatever goes wrong on the way is told as a reason, never raised."""
        try:
            async with asyncio.timeout(self._seconds):
                target = await self._guard.check(url)
                return await self._reach(target, headers, body)
        except AddressRefused as error:
            return Answer(None, error.reason)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "timeout")
        except httpx.ConnectError:
            return Answer(None, "connect_failed")
        except (httpx.TransportError, OSError):
            return Answer(None, "answer_broke_off")

    async def close(self) -> None:
        """Cut every connection."""
        while self._hosts:
            _, transport = self._hosts.popitem()
            await transport.aclose()
        self._guard.close()

    async def _reach(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """By its addresses in turn: until a connection stands, nothing was sent."""
        *others, last = target.addresses[:_MOST_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(target.url, address, headers, body)
        return await self._send(target.url, last, headers, body)

    async def _send(
        self, url: httpx.URL, address: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        transport = await self._transport(url)
        # The checked address is connected to; the certificate is that of the name.
        request = httpx.Request(
            "POST",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii"), "User-Agent": self._agent, **headers},
            content=body,
            extensions={"sni_hostname": url.raw_host.decode("ascii"), "timeout": self._timeouts},
        )
        response = await transport.handle_async_request(request)
        try:
            read = 0
            async for part in response.aiter_raw():
                read += len(part)
                if read > _ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return Answer(
            response.status_code, f"status_{response.status_code}", _retry_after(response)
        )

    @property
    def _timeouts(self) -> dict[str, float]:
        connect = min(_CONNECT_SECONDS, self._seconds)
        return {"connect": connect, **dict.fromkeys(("read", "write", "pool"), self._seconds)}

    async def _transport(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        """The connections of a host: two names at one address share none."""
        host = (url.scheme, url.netloc.decode("ascii"))
        if host in self._hosts:
            self._hosts.move_to_end(host)
            return self._hosts[host]
        made = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=_LIMITS)
        self._hosts[host] = made
        if len(self._hosts) > _MOST_HOSTS:
            _, oldest = self._hosts.popitem(last=False)
            await oldest.aclose()
        return made


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, or a date (RFC 9110); anything else is as if it were not there."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now()).total_seconds())
