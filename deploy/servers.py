"""Several uvicorn servers in one event loop, stopped together and quietly."""

import asyncio
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn

_PATIENCE = 5


class Server(uvicorn.Server):
    """A server that leaves the signals to the owner of the loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take none: with several servers in one loop each would overwrite the other's."""
        yield


class Servers:
    """Starts servers one after the other, and stops them in the opposite order."""

    def __init__(self) -> None:
        self._running: list[tuple[Server, asyncio.Task[None]]] = []

    async def start(self, config: uvicorn.Config, listening: socket.socket | None = None) -> None:
        """Serve what `config` says; `listening` is a socket that is bound already."""
        server = Server(config)
        sockets = [listening] if listening else None
        task = asyncio.create_task(server.serve(sockets=sockets))
        while not server.started:
            if task.done():
                await task
                raise RuntimeError(f"the server on {config.uds or config.port} did not start")
            await asyncio.sleep(0.01)
        self._running.append((server, task))

    async def stop(self) -> None:
        """Finish what is under way and end; the last that came goes first."""
        while self._running:
            server, task = self._running.pop()
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await task


def on_socket(app: Any, path: Path) -> uvicorn.Config:
    """A service behind the gateway, on a Unix socket."""
    path.unlink(missing_ok=True)
    return uvicorn.Config(
        app,
        uds=str(path),
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_PATIENCE,
    )


async def until_signal() -> None:
    """Wait for Ctrl-C or SIGTERM; a second one ends the process at once."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if asked.is_set():
            raise SystemExit(130)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    await asked.wait()
