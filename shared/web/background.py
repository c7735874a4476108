"""What runs beside the requests: relay, sealer, consumers; restarted when one fails."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

_log = structlog.get_logger("background")
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_PATIENCE = 5.0

Work = Callable[[asyncio.Event], Awaitable[None]]


@asynccontextmanager
async def background(**works: Work) -> AsyncGenerator[None]:
    """Run each work until the block ends; each is given the event that asks it to stop."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(_supervise(name, work, stop)) for name, work in works.items()]
    try:
        yield
    finally:
        stop.set()
        _, slow = await asyncio.wait(tasks, timeout=_PATIENCE) if tasks else (set(), set())
        for task in slow:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _supervise(name: str, work: Work, stop: asyncio.Event) -> None:
    delay = _FIRST_DELAY
    while not stop.is_set():
        try:
            await work(stop)
        except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
            await _log.aerror(
                "background work failed", work=name, error=repr(error), again_in=delay
            )
        else:
            return
        try:
            await asyncio.wait_for(stop.wait(), delay)
        except TimeoutError:
            delay = min(delay * 2, _LONGEST_DELAY)


def every(seconds: float, act: Callable[[], Awaitable[object]]) -> Work:
    """A work that does `act` now and then every so many seconds."""

    async def repeat(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await act()
            try:
                await asyncio.wait_for(stop.wait(), seconds)
            except TimeoutError:
                continue

    return repeat
