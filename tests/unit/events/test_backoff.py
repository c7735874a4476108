import asyncio

from shared.events.backoff import Backoff, pause


def test_delays_grow_up_to_the_cap_and_are_spread() -> None:
    backoff = Backoff(first=1.0, factor=2.0, cap=10.0)
    for failures, middle in ((1, 1.0), (2, 2.0), (3, 4.0), (5, 10.0), (10_000, 10.0)):
        delays = {backoff.delay(failures) for _ in range(50)}
        assert all(middle * 0.5 <= delay <= middle * 1.5 for delay in delays)
        assert len(delays) > 1


async def test_a_pause_ends_with_the_stop() -> None:
    stop = asyncio.Event()
    pausing = asyncio.create_task(pause(stop, 60))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(1):
        await pausing
