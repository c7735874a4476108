"""Waiting for events, but no longer than until it is time to stop."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from shared.events.bus import Delivery, Tail


async def fetch(
    tail: Tail, limit: int, seconds: float, stopping: "asyncio.Task[bool]"
) -> Sequence[Delivery]:
    """The next deliveries; none when it is time to stop."""
    fetching = asyncio.create_task(tail.fetch(limit, seconds))
    try:
        await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await fetching if fetching.done() else ()
    finally:
        if not fetching.done():
            fetching.cancel()
            with suppress(asyncio.CancelledError):
                await fetching
