"""The systems of departments, reached over their connectors.

SourceFault
├── SourceUnavailable   it is down, too slow, or says that it cannot now
└── SourceBroken        it answered with what its resource does not define
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from services.exchange.domain import Connector
from shared.clock import now
from shared.crypto import KeyFileError
from shared.crypto.secretfile import read_secret
from shared.http import Breaker

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_BUSY = 429
_SERVER_ERROR = 500


class SourceFault(Exception):
    """No usable answer; the message never repeats what the source said."""


class SourceUnavailable(SourceFault):
    """It gives no answer now."""


class SourceBroken(SourceFault):
    """Its answer cannot be used."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a source knows under a key, and of which moment that is."""

    values: dict[str, Any]
    as_of: datetime


class Credentials:
    """Keys of sources, one file each, so that no database and no request holds them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str:
        """The key of this name; KeyFileError says what is wrong with its file."""
        if not _NAME.fullmatch(name):
            raise KeyFileError("a credential's name is small letters, digits and hyphens")
        return read_secret(self._folder / f"{name}.key").decode("ascii", "replace").strip()


@dataclass(frozen=True, slots=True)
class _System:
    http: httpx.AsyncClient
    breaker: Breaker  # it counts what says 503 too, which a client's own does not


class Sources:
    """Asks departments' systems; each has connections and a breaker of its own."""

    def __init__(
        self, client: Callable[[str], httpx.AsyncClient], credentials: Credentials, largest: int
    ) -> None:
        """`client` makes the client of a URL; `largest` bounds an answer in bytes."""
        self._make = client
        self._credentials = credentials
        self._largest = largest
        self._systems: dict[str, _System] = {}

    async def look_up(
        self, connector: Connector, key: str, fields: Sequence[str], call: str
    ) -> Record | None:
        """What the source has under the key, None when it has nothing; else SourceFault."""
        system = self._system(connector.url)
        if not system.breaker.allows():
            raise SourceUnavailable(f"it keeps failing; next try in {system.breaker.wait:.1f} s")
        try:
            found = await self._ask(system.http, connector, {"key": key, "fields": fields}, call)
        except SourceUnavailable:
            system.breaker.failed()
            raise
        except SourceBroken:
            system.breaker.succeeded()
            raise
        system.breaker.succeeded()
        return found

    async def _ask(
        self, http: httpx.AsyncClient, connector: Connector, question: dict[str, Any], call: str
    ) -> Record | None:
        try:
            async with asyncio.timeout(connector.timeout):
                status, body = await self._post(http, connector, question, call)
        except KeyFileError as error:
            raise SourceUnavailable(f"credential: {error}") from error
        except httpx.RemoteProtocolError as error:
            raise SourceBroken("its answer is not well-formed HTTP") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise SourceUnavailable(type(error).__name__) from error
        return _record(status, body)

    async def _post(
        self, http: httpx.AsyncClient, connector: Connector, question: dict[str, Any], call: str
    ) -> tuple[int, bytes]:
        # The call's id as idempotency key: a look-up may be sent again when a connection breaks.
        headers = {"Idempotency-Key": call, "Accept": "application/json"}
        if connector.credential is not None:
            headers["X-API-Key"] = self._credentials.read(connector.credential)
        asking = http.stream(
            "POST", connector.path, json=question, headers=headers, timeout=connector.timeout
        )
        async with asking as answer:
            return answer.status_code, await self._bounded(answer.aiter_bytes())

    async def _bounded(self, parts: AsyncIterator[bytes]) -> bytes:
        body = bytearray()
        async for part in parts:
            body += part
            if len(body) > self._largest:
                raise SourceBroken(f"its answer is longer than {self._largest} bytes")
        return bytes(body)

    def _system(self, url: str) -> _System:
        if url not in self._systems:
            self._systems[url] = _System(self._make(url), Breaker())
        return self._systems[url]


def _record(status: int, body: bytes) -> Record | None:
    if status == _BUSY or status >= _SERVER_ERROR:
        raise SourceUnavailable(f"it answered {status}")
    if status != httpx.codes.OK:
        # A 404 too: no record is told in the body, and a wrong path must not look like it.
        raise SourceBroken(f"it answered {status}")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceBroken("its answer is not JSON") from error
    if not isinstance(answer, dict) or "record" not in answer:
        raise SourceBroken('its answer is not {"record": …}')
    record = answer["record"]
    if record is None:
        return None
    if not isinstance(record, dict):
        raise SourceBroken("its record is not an object")
    return Record(record, _moment(answer.get("as_of")))


def _moment(value: Any) -> datetime:
    if value is None:
        return now()
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise SourceBroken("its as_of is no RFC 3339 time") from error
    if moment.tzinfo is None:
        raise SourceBroken("its as_of has no offset from UTC")
    return moment.astimezone(UTC)
