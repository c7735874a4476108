"""What the client library raises, told as what the port promises."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.errors import ConsumerStoppedError, IllegalOperation, KafkaError

from shared.events.errors import BusUnavailable, reason_of

_STOP_SECONDS = 15.0
_TROUBLES = (KafkaError, ConsumerStoppedError, IllegalOperation, OSError, TimeoutError)


@asynccontextmanager
async def told(what: str, seconds: float | None = None) -> AsyncGenerator[None]:
    """Raise BusUnavailable for whatever goes wrong with the cluster, or takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError as error:
        # The client awaits tasks of its own that it has cancelled: that ends its work, not ours.
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        raise BusUnavailable(f"{what}: the client gave up") from error
    except _TROUBLES as error:
        raise BusUnavailable(f"{what}: {reason_of(error)}") from error


async def ended(stop: Callable[[], Awaitable[None]], parts: Callable[[], Iterable[Any]]) -> None:
    """Stop a client; a cluster that is away does not hold it up for long.

    A client that gives up half way does nothing when it is asked again: then its parts are closed.
    """
    try:
        async with told("leaving", _STOP_SECONDS):
            await stop()
    except BusUnavailable:
        for part in parts():
            with suppress(BusUnavailable):
                async with told("closing", _STOP_SECONDS):
                    if part is not None:
                        await part.close()
