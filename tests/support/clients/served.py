"""Identity served on a loopback port by a thread of its own, for clients that are processes."""

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from tests.support.identity import World, running_identity

T = TypeVar("T")


class Served:
    """A running identity: where it is, and its insides for what has no address."""

    def __init__(self, base: str, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self.base = base
        self.issuer = f"{base}/identity"
        self.world = world
        self.loop = loop

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        """Do something where it runs."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(timeout=30)


@contextmanager
def served_identity(folder: Path, host: str = "127.0.0.1", **settings: Any) -> Iterator[Served]:
    """Serve until the block ends; `host` decides whose cookies its pages get."""
    ready: concurrent.futures.Future[Served] = concurrent.futures.Future()
    stop = asyncio.Event()

    def in_thread() -> None:
        try:
            asyncio.run(_serve(folder, host, settings, ready, stop))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=in_thread, daemon=True)
    thread.start()
    served = ready.result(timeout=60)
    try:
        yield served
    finally:
        served.loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)


async def _serve(
    folder: Path,
    host: str,
    settings: dict[str, Any],
    ready: "concurrent.futures.Future[Served]",
    stop: asyncio.Event,
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://{host}:{listening.getsockname()[1]}"
        async with running_identity(folder, PUBLIC_BASE=base, **settings) as world:
            config = uvicorn.Config(world.app, lifespan="off", log_config=None, access_log=False)
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            ready.set_result(Served(base, world, asyncio.get_running_loop()))
            await stop.wait()
            server.should_exit = True
            await running
