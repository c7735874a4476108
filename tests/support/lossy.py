"""A line on which an answer can be lost: after the request arrived, before it is heard."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_PART = 65536


@dataclass
class Line:
    """Passes everything on; once `lose` is set, the next such request loses its answer."""

    port: int
    server_port: int
    lose: bytes | None = None
    lost: int = 0
    patience: float = 0.3

    async def carry(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """One connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        back = asyncio.create_task(self._back(reader, answer))
        try:
            while part := await client.read(_PART):
                losing = self.lose is not None and self.lose in part
                if losing:
                    self.lose, self.lost = None, self.lost + 1
                    back.cancel()
                writer.write(part)
                await writer.drain()
                if losing:
                    await asyncio.sleep(self.patience)  # the server does what it was asked
                    break
        except ConnectionError:
            pass
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for one in (writer, answer):
                one.close()
                with contextlib.suppress(ConnectionError):
                    await one.wait_closed()

    async def _back(self, reader: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            while part := await reader.read(_PART):
                answer.write(part)
                await answer.drain()
        finally:
            answer.close()


@asynccontextmanager
async def lossy_line(server_port: int) -> AsyncGenerator[Line]:
    """A line to a port of the loopback, until the block ends."""
    line = Line(0, server_port)
    tasks: set[asyncio.Task[None]] = set()

    async def carry(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await line.carry(client, answer)
        tasks.discard(task)

    listening = await asyncio.start_server(carry, "127.0.0.1", 0)
    line.port = listening.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()
