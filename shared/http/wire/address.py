"""Where an upstream listens: `http://host:port` or `unix:/path/to.sock`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar
from urllib.parse import urlsplit

P = TypeVar("P", bound=asyncio.Protocol)

_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP endpoint, or the path of a Unix socket."""

    host: str
    port: int
    path: str | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an upstream's URL; raise ValueError with what is wrong about it."""
        parts = urlsplit(url)
        if parts.scheme == "unix":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError(f"{url!r} must be an absolute path, as unix:/run/cases.sock")
            return cls("localhost", _HTTP_PORT, parts.path)
        if parts.scheme != "http" or not parts.hostname or parts.username is not None:
            raise ValueError(f"{url!r} must be http://HOST:PORT or unix:/PATH.sock")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"{url!r} must end after the port: paths are the caller's business")
        return cls(parts.hostname, parts.port or _HTTP_PORT)

    @property
    def authority(self) -> bytes:
        """The Host header of a request that brings none."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = host if self.port == _HTTP_PORT else f"{host}:{self.port}"
        return shown.encode("idna" if not shown.isascii() else "ascii")

    async def connect(self, protocol: Callable[[], P]) -> P:
        """A new connection, spoken by `protocol`."""
        loop = asyncio.get_running_loop()
        if self.path is not None:
            _, made = await loop.create_unix_connection(protocol, self.path)
        else:
            _, made = await loop.create_connection(protocol, self.host, self.port)
        return made
