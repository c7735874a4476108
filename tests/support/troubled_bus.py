"""A real bus with troubles before it: down, slow, forgetful, or refusing single events."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from shared.events import (
    BusUnavailable,
    Delivery,
    EventBus,
    EventRefused,
    Message,
    Subscription,
    Tail,
)


class TroubledBus:
    """Hands everything on to `bus` unless told otherwise."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self.down = False
        self.loses_offsets = False
        self.delay = 0.0
        self.refused_subjects: set[str] = set()
        self.published: list[tuple[str, str]] = []

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        await asyncio.sleep(self.delay)
        if self.down:
            raise BusUnavailable("the bus is down")
        reasons = {m.id: "no" for m in messages if m.subject in self.refused_subjects}
        if reasons:
            raise EventRefused(reasons)
        await self._bus.publish(topic, messages)
        self.published += [(m.subject, m.id) for m in messages]

    async def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        if self.down:
            raise BusUnavailable("the bus is down")
        subscription = await self._bus.subscribe(group, topics)
        return _Forgetful(subscription) if self.loses_offsets else subscription

    async def tail(self, topics: Sequence[str], since: datetime) -> Tail:
        if self.down:
            raise BusUnavailable("the bus is down")
        return await self._bus.tail(topics, since)

    async def close(self) -> None:
        await self._bus.close()


class _Forgetful:
    """A consumer whose offsets never reach the bus."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def fetch(self, limit: int, seconds: float) -> list[Delivery]:
        return await self._subscription.fetch(limit, seconds)

    async def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing is stored."""

    async def lag(self) -> dict[str, int]:
        return await self._subscription.lag()

    async def close(self) -> None:
        await self._subscription.close()
