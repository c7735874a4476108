import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest

from shared.web import background
from shared.web.background import Work

# By its name the package gives the function of the same name.
MODULE = sys.modules["shared.web.background"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_FIRST_DELAY", 0.01)


def work_that_ends_first_by(end: Callable[[], Awaitable[None]]) -> tuple[Work, asyncio.Event]:
    again = asyncio.Event()
    times: list[int] = []

    async def work(stop: asyncio.Event) -> None:
        times.append(1)
        if len(times) == 1:
            await end()
            return
        again.set()
        await stop.wait()

    return work, again


async def nothing() -> None:
    return


async def an_error() -> None:
    raise ValueError("once")


async def a_cancelled_task_of_a_library() -> None:
    inner = asyncio.create_task(asyncio.sleep(5))
    inner.cancel()
    await inner


@pytest.mark.parametrize("end", [nothing, an_error, a_cancelled_task_of_a_library])
async def test_a_work_that_ends_before_its_time_begins_again(
    end: Callable[[], Awaitable[None]],
) -> None:
    work, again = work_that_ends_first_by(end)
    async with background(work=work):
        async with asyncio.timeout(5):
            await again.wait()


async def test_a_work_that_is_asked_to_stop_ends() -> None:
    ended = asyncio.Event()

    async def work(stop: asyncio.Event) -> None:
        await stop.wait()
        ended.set()

    async with background(work=work):
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_a_work_that_does_not_stop_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_PATIENCE", 0.05)
    cancelled = asyncio.Event()

    async def work(_stop: asyncio.Event) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async with background(work=work):
        await asyncio.sleep(0)
    assert cancelled.is_set()
