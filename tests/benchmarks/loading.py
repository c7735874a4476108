"""Load on a server over real sockets, and what it costs the server in CPU time."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

CONNECTIONS = 64
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What some requests took: of all CPUs of the server's process, and of the clock."""

    requests: int
    cpu_seconds: float
    seconds: float

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu_seconds

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def post(path: str, form: dict[str, str], **headers: str) -> bytes:
    """A request as it goes over the wire."""
    body = urlencode(form).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def load(port: int, pid: int, requests: Sequence[bytes]) -> Cost:
    """Send them all, each connection one after the other; every one must be answered 200."""
    waiting = iter(requests)
    begun, cpu = perf_counter(), cpu_seconds(pid)
    await asyncio.gather(*(_connection(port, waiting) for _ in range(CONNECTIONS)))
    return Cost(len(requests), cpu_seconds(pid) - cpu, perf_counter() - begun)


async def _connection(port: int, waiting: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        await answer(reader, writer, request)
    writer.close()


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bytes:
    """The body of the answer to one request."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{head!r} {body!r}")
    return body


def cpu_seconds(pid: int) -> float:
    """What a process has used of the CPUs, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
