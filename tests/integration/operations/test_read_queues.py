"""What waits in the outbox and at the consumers of a service."""

from datetime import timedelta
from typing import Any

from shared import clock
from shared.events import instance
from tests.support.operated import Operated
from tests.support.stations import message, running, until
from tests.support.troubled_bus import TroubledBus


async def queues(service: Operated) -> dict[str, Any]:
    answer = await service.http.get("/v1/queues", headers=service.administrator())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_outbox_tells_how_much_waits_and_since_when(service: Operated) -> None:
    await service.station.add("a", 1, 2)
    with clock.at(clock.now() + timedelta(minutes=5)):
        outbox = (await queues(service))["outbox"]
    assert (outbox["waiting"], outbox["refused"], outbox["leader"]) == (2, 0, None)
    assert 299 < outbox["oldest_seconds"] < 330


async def test_the_instance_that_sends_is_named_to_whoever_asks(service: Operated) -> None:
    other = service.station.relay(service.bus)

    async def led() -> bool:
        return (await service.relay.state()).leader == instance()

    async with running(other.run):
        await until(led)
        state = await service.relay.state()
        assert (state.leading, state.leader) == (False, instance())
        assert (await other.state()).leading

    async def nobody() -> bool:
        return (await service.relay.state()).leader is None

    await until(nobody)


async def test_a_group_tells_its_lag_by_topic_and_its_dead_letters(service: Operated) -> None:
    await service.kill(message("a", 1), poison=[("a", 1)])
    consumer = service.station.consumer(service.bus)
    service.consumers.append(consumer)

    async def reads() -> bool:
        return (await consumer.state()).lag is not None

    async with running(consumer.run):
        await until(reads)
        (group,) = (await queues(service))["consumers"]
    assert group == {
        "group": "probe.readers", "lag": {"tongban.probe": 0}, "parked": 1, "dead": 1,
        "last_error": None, "last_error_seconds": None,
    }  # fmt: skip


async def test_a_bus_that_is_away_hides_no_dead_letters(service: Operated) -> None:
    await service.kill(message("a", 1), poison=[("a", 1)])
    away = TroubledBus(service.bus)
    away.down = True
    consumer = service.station.consumer(away)
    service.consumers.append(consumer)

    async def failed() -> bool:
        return (await consumer.state()).last_error is not None

    async with running(consumer.run):
        await until(failed)
        (group,) = (await queues(service))["consumers"]
    assert (group["lag"], group["dead"]) == (None, 1)
    assert 0 <= group["last_error_seconds"] < 60
