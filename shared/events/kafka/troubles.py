"""What the client library raises, told as what the port promises."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka.errors import ConsumerStoppedError, IllegalOperation, KafkaError

from shared.events.errors import BusUnavailable, reason_of

_TROUBLES = (KafkaError, ConsumerStoppedError, IllegalOperation, OSError, TimeoutError)


@asynccontextmanager
async def told(what: str, seconds: float | None = None) -> AsyncGenerator[None]:
    """Raise BusUnavailable for whatever goes wrong with the cluster, or takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except _TROUBLES as error:
        raise BusUnavailable(f"{what}: {reason_of(error)}") from error
