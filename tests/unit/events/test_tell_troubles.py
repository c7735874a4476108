import asyncio

import pytest
from aiokafka.errors import KafkaTimeoutError

from shared.events import BusUnavailable
from shared.events.kafka.troubles import ended, told


async def test_what_the_client_raises_is_a_bus_that_is_away() -> None:
    with pytest.raises(BusUnavailable, match="asking: KafkaTimeoutError"):
        async with told("asking"):
            raise KafkaTimeoutError


async def test_what_takes_too_long_is_a_bus_that_is_away() -> None:
    with pytest.raises(BusUnavailable, match="asking: TimeoutError"):
        async with told("asking", 0.01):
            await asyncio.sleep(5)


async def test_a_task_that_the_client_cancelled_itself_does_not_end_ours() -> None:
    inner = asyncio.create_task(asyncio.sleep(5))
    inner.cancel()
    with pytest.raises(BusUnavailable, match="the client gave up"):
        async with told("leaving"):
            await inner


async def test_a_cancelled_caller_ends() -> None:
    async def work() -> None:
        async with told("asking"):
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_parts_of_a_client_that_gave_up_are_closed() -> None:
    closed: list[str] = []

    class Part:
        def __init__(self, name: str) -> None:
            self.name = name

        async def close(self) -> None:
            closed.append(self.name)
            raise KafkaTimeoutError

    async def stop() -> None:
        raise KafkaTimeoutError

    await ended(stop, lambda: (Part("fetcher"), None, Part("connections")))
    assert closed == ["fetcher", "connections"]
