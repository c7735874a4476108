"""What operators see of consumers: gauges, and a line in the log when somebody has to look."""

import logging
from math import isnan

import pytest
from prometheus_client import CollectorRegistry

from shared.events import Consumer, ConsumerWatch, EventBus, Message
from tests.support.stations import TOPIC, Station, message, running, until
from tests.support.troubled_bus import TroubledBus


class Gauges:
    """The gauges of one consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self._registry = CollectorRegistry()
        self._group = {"group": consumer.group}
        self._watch = ConsumerWatch([consumer], self._registry)

    async def read(self, name: str) -> float:
        await self._watch.look()
        value = self._registry.get_sample_value(f"consumer_{name}", self._group)
        assert value is not None
        return value


async def test_gauges_tell_of_lag_and_of_what_could_not_be_handled(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 1)}
    consumer = station.consumer(bus, attempts=1)
    gauges = Gauges(consumer)
    assert isnan(await gauges.read("lag"))
    await bus.publish(TOPIC, [message("a", 1), message("a", 2), message("b", 1)])

    async def settled() -> bool:
        return await gauges.read("dead_letters") == 1 and await gauges.read("lag") == 0

    async with running(consumer.run):
        await until(settled)
        assert await gauges.read("parked") == 2
        assert isnan(await gauges.read("last_error_seconds"))


async def test_a_gauge_tells_how_long_ago_the_bus_failed(station: Station, bus: EventBus) -> None:
    troubled = TroubledBus(bus)
    troubled.down = True
    consumer = station.consumer(troubled)
    gauges = Gauges(consumer)

    async def failed() -> bool:
        return await gauges.read("last_error_seconds") >= 0

    async with running(consumer.run):
        await until(failed)
        assert isnan(await gauges.read("lag"))
        troubled.down = False
        await bus.publish(TOPIC, [message("a", 1)])

        async def caught_up() -> bool:
            return await gauges.read("lag") == 0

        await until(caught_up)
    assert await gauges.read("last_error_seconds") < 30


async def test_a_broken_envelope_is_told_in_the_log_once(
    station: Station, bus: EventBus, caplog: pytest.LogCaptureFixture
) -> None:
    await bus.publish(TOPIC, [Message("evt_1", "x", "a", b"\xff\x00"), message("b", 1)])
    with caplog.at_level(logging.ERROR, "shared.events.batches"):
        async with running(station.consumer(bus).run):

            async def seen() -> bool:
                return await station.seen() == [("b", 1)]

            await until(seen)
    assert [line for line in caplog.messages if line.startswith("probe.readers: dead letter")] == (
        caplog.messages
    )
    assert len(caplog.messages) == 1


async def test_a_dead_letter_of_the_first_attempt_is_told_in_the_log(
    station: Station, bus: EventBus, caplog: pytest.LogCaptureFixture
) -> None:
    station.poison = {("a", 1)}
    consumer = station.consumer(bus, attempts=1)
    await bus.publish(TOPIC, [message("a", 1)])

    async def dead() -> bool:
        return (await consumer.state()).dead == 1

    with caplog.at_level(logging.ERROR, "shared.events.batches"):
        async with running(consumer.run):
            await until(dead)
    assert "this one is poison" in caplog.text
