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
    while (reason := await _done(work, stop)) is not None:
        await _log.aerror("background work failed", work=name, error=reason, again_in=delay)
        try:
            await asyncio.wait_for(stop.wait(), delay)
        except TimeoutError:
            delay = min(delay * 2, _LONGEST_DELAY)
        else:
            return


async def _done(work: Work, stop: asyncio.Event) -> str | None:
    """Do the work; says why it ended, None when it was asked to."""
    try:
        await work(stop)
    except asyncio.CancelledError:
        # A library's own cancelled task that was awaited ends that work; we are asked otherwise.
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        reason = "a task that it awaited was cancelled"
    except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
        reason = repr(error)
    else:
        reason = "it ended by itself"
    return None if stop.is_set() else reason


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
