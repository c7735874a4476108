import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.http.wire import Timeouts, Upstream
from tests.support.upstreams import Saying, Serve, Talk

QUICK = Timeouts(connect=1, wait=0.2, answer=0.3, idle=0.3)


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """An upstream whose server says exactly what a test wants, byte by byte."""
    open_things: list[Callable[[], None]] = []

    async def start(talk: Talk, **options: object) -> Upstream:
        path = tmp_path / f"{len(open_things)}.sock"

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
            except (OSError, EOFError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_unix_server(connected, path)
        upstream = Upstream(f"unix:{path}", **{"timeouts": QUICK, **options})  # type: ignore[arg-type]
        open_things.extend([server.close, upstream.close])
        return upstream

    yield start
    for close in reversed(open_things):
        close()
    await asyncio.sleep(0.01)


@pytest.fixture
def saying() -> Saying:
    """A server that reads a request's head and answers with these bytes."""

    def make(*pieces: bytes, pause: float = 0.0, keep: bool = False) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)
                if not keep:
                    return

        return talk

    return make
