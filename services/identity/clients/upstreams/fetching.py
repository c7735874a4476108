"""One request to an upstream: to a checked address, bounded in time and size, never redirected.

The upstream names its endpoints itself. Unchecked, they could point into our network.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from shared.http import AddressRefused, Breaker, Guard

_LARGEST = 512 * 1024
_AGENT = "Tongban-Identity/1"
_MOST_ADDRESSES = 3
_SERVER_ERROR = 500
# Connections are not kept: two names at one address must never share one.
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=0)


class Away(Exception):
    """The upstream cannot be asked now; the code says why, and names no address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(Exception):
    """The upstream answered that it does not do this."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error


class Fetching:
    """JSON from upstreams; each host has a breaker of its own."""

    def __init__(self, guard: Guard, seconds: float, authorities: Path | None = None) -> None:
        """`seconds` bounds a whole request; `authorities`: certificates of a private CA (PEM)."""
        self._guard = guard
        self._seconds = seconds
        tls = httpx.create_ssl_context(trust_env=False)
        if authorities is not None:
            tls.load_verify_locations(authorities)
        self._wire = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_LIMITS)
        self._breakers: dict[str, Breaker] = {}

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at this URL."""
        return await self._guarded("GET", url, headers or {}, b"")

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object that answers a form."""
        encoded = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self._guarded("POST", url, encoded, urlencode(form).encode())

    async def close(self) -> None:
        """Cut every connection."""
        await self._wire.aclose()
        self._guard.close()

    async def _guarded(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        breaker = self._breakers.setdefault(httpx.URL(url).netloc.decode("ascii"), Breaker())
        if not breaker.allows():
            raise Away("keeps_failing")
        try:
            async with asyncio.timeout(self._seconds):
                status, content = await self._reach(method, url, headers, body)
        except AddressRefused as error:
            breaker.succeeded()  # nothing was asked
            raise Away(error.reason) from None
        except (TimeoutError, httpx.TimeoutException):
            breaker.failed()
            raise Away("timeout") from None
        except (httpx.TransportError, OSError):
            breaker.failed()
            raise Away("unreachable") from None
        if status >= _SERVER_ERROR:
            breaker.failed()
            raise Away(f"status_{status}")
        breaker.succeeded()
        return _object(status, content)

    async def _reach(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        target = await self._guard.check(url)
        *others, last = target.addresses[:_MOST_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(method, target.url, address, headers, body)
        return await self._send(method, target.url, last, headers, body)

    async def _send(
        self, method: str, url: httpx.URL, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        # The checked address is connected to; the certificate is that of the name.
        request = httpx.Request(
            method,
            url.copy_with(host=address),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": _AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **headers,
            },
            content=body,
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._seconds),
            },
        )
        response = await self._wire.handle_async_request(request)
        content = b""
        try:
            async for part in response.aiter_raw():
                content += part
                if len(content) > _LARGEST:
                    raise Away("answer_too_large")
        finally:
            await response.aclose()
        return response.status_code, content


def _object(status: int, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if httpx.codes.is_success(status) and isinstance(found, dict):
        return found
    if status == httpx.codes.OK or httpx.codes.is_redirect(status):
        raise Away("no_json")
    error = found.get("error") if isinstance(found, dict) else None
    raise Refused(status, error[:64] if isinstance(error, str) else "")
