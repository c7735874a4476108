"""What every event bus must do: each adapter's test class inherits this and says `open_bus`."""

import asyncio
import signal
import sys
from abc import ABC, abstractmethod
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest

from shared import clock
from shared.events import Delivery, EventBus, EventRefused, Message, Subscription, Tail
from tests.support.stations import TOPIC, message

OTHER = "tongban.other"


def steps(deliveries: Sequence[Delivery]) -> list[tuple[str, int]]:
    return [(d.envelope.subject, d.envelope.sequence) for d in deliveries if d.envelope]


async def gather(subscription: Subscription, count: int, seconds: float = 15) -> list[Delivery]:
    """Fetch and commit until so many deliveries have come."""
    got: list[Delivery] = []
    async with asyncio.timeout(seconds):
        while len(got) < count:
            batch = await subscription.fetch(100, 1.0)
            await subscription.commit(batch)
            got += batch
    return got


@asynccontextmanager
async def subscribed(
    bus: EventBus, group: str, topics: Sequence[str] = (TOPIC,)
) -> AsyncGenerator[Subscription]:
    subscription = await bus.subscribe(group, topics)
    try:
        yield subscription
    finally:
        await subscription.close()


@asynccontextmanager
async def tailed(
    bus: EventBus, since: datetime, topics: Sequence[str] = (TOPIC,)
) -> AsyncGenerator[Tail]:
    tail = await bus.tail(topics, since)
    try:
        yield tail
    finally:
        await tail.close()


async def read_all(tail: Tail) -> list[tuple[str, int]]:
    """Fetch until nothing waits any more."""
    got: list[Delivery] = []
    async with asyncio.timeout(15):
        while any((await tail.lag()).values()):
            got += await tail.fetch(2, 1.0)
    return steps(got)


async def process(*arguments: str) -> Process:
    """Another process on the same bus."""
    module = "tests.support.event_process"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=PIPE
    )


class EventBusSuite(ABC):
    """The behaviour of the port."""

    @abstractmethod
    async def open_bus(self, url: str, limit: int | None = None) -> EventBus:
        """A new adapter on the log at `url`."""

    @pytest.fixture
    @abstractmethod
    def url(self) -> str:
        """Where an empty log is."""

    @pytest.fixture
    async def bus(self, url: str) -> AsyncGenerator[EventBus]:
        bus = await self.open_bus(url)
        yield bus
        await bus.close()

    async def test_events_of_a_subject_keep_their_order(self, bus: EventBus) -> None:
        for start in (1, 11, 21):
            batch = [message(s, n) for n in range(start, start + 10) for s in ("a", "b")]
            await bus.publish(TOPIC, batch)
        async with subscribed(bus, "readers") as subscription:
            got = steps(await gather(subscription, 60))
        for subject in ("a", "b"):
            assert [n for s, n in got if s == subject] == list(range(1, 31))

    async def test_each_group_begins_at_the_earliest_event(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
        for group in ("early", "late"):
            async with subscribed(bus, group) as subscription:
                got = steps(await gather(subscription, 3))
            assert got == [("a", 1), ("a", 2), ("a", 3)]

    async def test_a_group_goes_on_after_what_it_committed(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
        async with subscribed(bus, "readers") as subscription:
            await gather(subscription, 3)
        await bus.publish(TOPIC, [message("a", 4)])
        async with subscribed(bus, "readers") as subscription:
            assert steps(await gather(subscription, 1)) == [("a", 4)]

    async def test_a_group_goes_on_after_a_restart(self, url: str) -> None:
        first = await self.open_bus(url)
        await first.publish(TOPIC, [message("a", n) for n in (1, 2)])
        async with subscribed(first, "readers") as subscription:
            await subscription.commit((await subscription.fetch(1, 5.0))[:1])
        await first.close()
        second = await self.open_bus(url)
        async with subscribed(second, "readers") as subscription:
            assert steps(await gather(subscription, 1)) == [("a", 2)]
        await second.close()

    async def test_what_was_not_committed_comes_again(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
        async with subscribed(bus, "readers") as subscription:
            deliveries = await subscription.fetch(100, 5.0)
            await subscription.commit(deliveries[:1])
        async with subscribed(bus, "readers") as subscription:
            assert steps(await gather(subscription, 2)) == [("a", 2), ("a", 3)]

    async def test_a_consumer_reads_all_its_topics_and_no_other(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", 1)])
        await bus.publish(OTHER, [message("b", 1)])
        await bus.publish("tongban.third", [message("c", 1)])
        async with subscribed(bus, "readers", [TOPIC, OTHER]) as subscription:
            got = await gather(subscription, 2)
            assert await subscription.fetch(10, 0.1) == []
        assert sorted((d.topic, *steps([d])[0]) for d in got) == [(OTHER, "b", 1), (TOPIC, "a", 1)]

    async def test_a_topic_that_a_group_takes_up_later_begins_at_its_earliest(
        self, bus: EventBus
    ) -> None:
        await bus.publish(OTHER, [message("b", 1)])
        await bus.publish(TOPIC, [message("a", 1)])
        async with subscribed(bus, "readers") as subscription:
            await gather(subscription, 1)
        async with subscribed(bus, "readers", [TOPIC, OTHER]) as subscription:
            assert steps(await gather(subscription, 1)) == [("b", 1)]

    async def test_an_event_published_again_under_its_id_is_never_lost(self, bus: EventBus) -> None:
        first, second = message("a", 1), message("a", 2)
        await bus.publish(TOPIC, [first])
        await bus.publish(TOPIC, [first, second])
        async with subscribed(bus, "readers") as subscription:
            got = steps(await gather(subscription, 2))
            got += steps(await subscription.fetch(10, 0.2))
        assert set(got) == {("a", 1), ("a", 2)}

    async def test_bytes_that_are_no_envelope_are_delivered_with_the_reason(
        self, bus: EventBus
    ) -> None:
        foreign = Message("00000000-0000-7000-8000-000000000001", "x", "a", b'{"hello": 1}')
        await bus.publish(TOPIC, [foreign, message("a", 1)])
        async with subscribed(bus, "readers") as subscription:
            broken, whole = await gather(subscription, 2)
        assert broken.envelope is None
        assert broken.raw == b'{"hello": 1}'
        assert "specversion" in (broken.error or "")
        assert whole.envelope is not None

    async def test_an_event_that_is_too_big_is_refused_by_its_id(self, url: str) -> None:
        bus = await self.open_bus(url, limit=10_000)
        big = message("a", 1, note="x" * 20_000)
        with pytest.raises(EventRefused, match="bytes") as refused:
            await bus.publish(TOPIC, [message("b", 1), big])
        assert list(refused.value.reasons) == [big.id]
        await bus.publish(TOPIC, [message("b", 1)])
        async with subscribed(bus, "readers") as subscription:
            assert steps(await gather(subscription, 1))[0] == ("b", 1)
        await bus.close()

    async def test_a_fetch_ends_in_its_time_when_nothing_comes(self, bus: EventBus) -> None:
        async with subscribed(bus, "readers") as subscription:
            begun = monotonic()
            assert await subscription.fetch(10, 0.3) == []
            assert 0.2 < monotonic() - begun < 3

    async def test_a_waiting_fetch_wakes_when_an_event_comes(self, bus: EventBus) -> None:
        async with subscribed(bus, "readers") as subscription:
            await subscription.fetch(10, 0.1)
            waiting = asyncio.create_task(subscription.fetch(10, 10.0))
            await asyncio.sleep(0.05)
            await bus.publish(TOPIC, [message("a", 1)])
            async with asyncio.timeout(2):
                assert steps(await waiting) == [("a", 1)]

    async def test_an_event_of_another_process_wakes_a_fetch(self, bus: EventBus, url: str) -> None:
        async with subscribed(bus, "readers") as subscription:
            await subscription.fetch(10, 0.1)
            other = await process("publish", url, "a", "1")
            assert steps(await subscription.fetch(10, 15.0)) == [("a", 1)]
            assert await other.wait() == 0

    async def test_the_lag_is_what_the_group_has_not_committed(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", n) for n in range(1, 6)])
        async with subscribed(bus, "readers") as subscription:
            deliveries = await subscription.fetch(100, 5.0)
            assert await subscription.lag() == {TOPIC: 5}
            await subscription.commit(deliveries[:3])
        async with subscribed(bus, "readers") as subscription:
            assert await subscription.lag() == {TOPIC: 2}

    async def test_two_consumers_of_a_group_never_share_a_subject(self, bus: EventBus) -> None:
        async with subscribed(bus, "readers") as one, subscribed(bus, "readers") as two:
            fetches = (self._collect(one, 2.0), self._collect(two, 2.0))
            collecting = asyncio.gather(*fetches)
            for n in range(1, 21):
                await bus.publish(TOPIC, [message(s, n) for s in ("a", "b", "c")])
            first, second = await collecting
        assert len(first) + len(second) == 60
        assert not {s for s, _ in first} & {s for s, _ in second}

    async def test_another_consumer_takes_over_when_one_leaves(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", n) for n in (1, 2)])
        leaving = await bus.subscribe("readers", [TOPIC])
        deliveries = await leaving.fetch(1, 5.0)
        joining = asyncio.create_task(self._first(bus))
        await asyncio.sleep(0.5)
        assert not joining.done()
        await leaving.commit(deliveries)
        await leaving.close()
        assert await joining == [("a", 2)]

    async def test_another_process_takes_over_when_one_is_killed(
        self, bus: EventBus, url: str
    ) -> None:
        await bus.publish(TOPIC, [message("a", 1)])
        doomed = await process("hold", url, "readers")
        assert doomed.stdout is not None
        assert (await doomed.stdout.readline()).strip() == b"holding"
        joining = asyncio.create_task(self._first(bus))
        await asyncio.sleep(0.5)
        assert not joining.done()
        doomed.send_signal(signal.SIGKILL)
        await doomed.wait()
        assert await joining == [("a", 1)]

    async def test_several_processes_publish_at_once(self, bus: EventBus, url: str) -> None:
        others = [await process("publish", url, subject, "30") for subject in ("a", "b")]
        await asyncio.gather(*(bus.publish(TOPIC, [message(f"c{n}", 1)]) for n in range(30)))
        async with subscribed(bus, "readers") as subscription:
            got = steps(await gather(subscription, 90))
        assert [await other.wait() for other in others] == [0, 0]
        for subject in ("a", "b"):
            order = [n for s, n in got if s == subject]
            assert all(before < after for before, after in pairwise(order))
            assert len(order) == 30

    async def test_each_tail_reads_everything_for_itself(self, bus: EventBus) -> None:
        begun = clock.now()
        await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
        await bus.publish(OTHER, [message("b", 1)])
        for _ in range(2):
            async with tailed(bus, begun) as one, tailed(bus, begun) as two:
                assert await read_all(one) == [("a", 1), ("a", 2), ("a", 3)]
                assert await read_all(two) == [("a", 1), ("a", 2), ("a", 3)]

    async def test_a_tail_reads_all_its_topics_and_no_other(self, bus: EventBus) -> None:
        begun = clock.now()
        for topic, subject in ((TOPIC, "a"), (OTHER, "b"), ("tongban.third", "c")):
            await bus.publish(topic, [message(subject, 1)])
        async with tailed(bus, begun, [TOPIC, OTHER]) as tail:
            assert sorted(await read_all(tail)) == [("a", 1), ("b", 1)]

    async def test_a_tail_begins_at_its_moment(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", 1)])
        await asyncio.sleep(0.02)
        since = clock.now()
        async with tailed(bus, since) as tail:
            assert await read_all(tail) == []
            await asyncio.sleep(0.02)
            await bus.publish(TOPIC, [message("a", 2)])
            assert steps(await tail.fetch(10, 5.0)) == [("a", 2)]
        async with tailed(bus, since) as tail:
            assert await read_all(tail) == [("a", 2)]
        async with tailed(bus, since - timedelta(hours=1)) as tail:
            assert await read_all(tail) == [("a", 1), ("a", 2)]

    async def test_what_comes_before_the_first_fetch_is_in_the_tail(self, bus: EventBus) -> None:
        await bus.publish(TOPIC, [message("a", 1)])
        await asyncio.sleep(0.02)
        async with tailed(bus, clock.now()) as tail:
            await asyncio.sleep(0.02)
            await bus.publish(TOPIC, [message("a", 2)])
            assert await tail.lag() == {TOPIC: 1}
            assert await read_all(tail) == [("a", 2)]
            assert await tail.lag() == {TOPIC: 0}

    async def test_a_tail_takes_nothing_from_a_group(self, bus: EventBus) -> None:
        begun = clock.now()
        await bus.publish(TOPIC, [message("a", 1)])
        async with subscribed(bus, "readers") as subscription, tailed(bus, begun) as tail:
            assert await read_all(tail) == [("a", 1)]
            assert await subscription.lag() == {TOPIC: 1}
            assert steps(await gather(subscription, 1)) == [("a", 1)]

    async def test_a_tails_fetch_ends_in_its_time(self, bus: EventBus) -> None:
        async with tailed(bus, clock.now()) as tail:
            begun = monotonic()
            assert await tail.fetch(10, 0.3) == []
            assert 0.2 < monotonic() - begun < 3

    async def test_a_waiting_tail_wakes_when_an_event_comes(self, bus: EventBus, url: str) -> None:
        async with tailed(bus, clock.now()) as tail:
            waiting = asyncio.create_task(tail.fetch(10, 10.0))
            await asyncio.sleep(0.1)
            await bus.publish(TOPIC, [message("a", 1)])
            async with asyncio.timeout(2):
                assert steps(await waiting) == [("a", 1)]
            other = await process("publish", url, "b", "1")
            assert steps(await tail.fetch(10, 15.0)) == [("b", 1)]
            assert await other.wait() == 0

    async def _first(self, bus: EventBus) -> list[tuple[str, int]]:
        """Join the group, and wait for its first event to come to this consumer."""
        async with subscribed(bus, "readers") as subscription:
            return steps(await gather(subscription, 1, seconds=30))

    async def _collect(self, subscription: Subscription, seconds: float) -> list[tuple[str, int]]:
        until, got = monotonic() + seconds, []
        while (left := until - monotonic()) > 0:
            deliveries = await subscription.fetch(10, left)
            await subscription.commit(deliveries)
            got += steps(deliveries)
        return got
