import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.db import Database
from shared.events import Consumer, Envelope, EventBus, Fetching, Message
from shared.events.retries import EVENTS_AT_ONCE, SUBJECTS_AT_ONCE, TURN_SECONDS
from shared.events.sqlite import SQLiteBus
from tests.support.stations import (
    QUICK,
    TOPIC,
    ProbeMoved,
    ProbeRested,
    Station,
    envelope,
    message,
    open_station,
    running,
    until,
    until_seen,
)
from tests.support.troubled_bus import TroubledBus


def rest(subject: str, sequence: int) -> Message:
    rested = ProbeRested()
    source = "/services/probe"
    return Message.of(Envelope.wrap(rested, source=source, subject=subject, sequence=sequence))


async def parked(station: Station) -> int:
    return (await station.consumer(SQLiteBus(Path("unused"))).state()).parked


async def test_each_event_has_its_effect_once_and_in_order(station: Station, bus: EventBus) -> None:
    for n in range(1, 101):
        await bus.publish(TOPIC, [message("a", n), message("b", n)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [(s, n) for s in "ab" for n in range(1, 101)])
    assert [n for _, n in await station.seen("a")] == list(range(1, 101))


async def test_an_event_that_comes_again_has_no_second_effect(
    station: Station, bus: EventBus
) -> None:
    first = message("a", 1)
    await bus.publish(TOPIC, [first])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1)])
    # The log drops what has the same id: under a new one its sequence gives it away.
    again = message("a", 1)
    assert again.id != first.id
    await bus.publish(TOPIC, [again, message("a", 2)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1), ("a", 2)])
    assert station.tried == [("a", 1), ("a", 2)]


async def test_a_batch_whose_offset_was_lost_has_no_second_effect(
    station: Station, bus: EventBus
) -> None:
    await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
    forgetful = TroubledBus(bus)
    forgetful.loses_offsets = True
    async with running(station.consumer(forgetful).run):
        await until_seen(station, [("a", 1), ("a", 2), ("a", 3)])
    await bus.publish(TOPIC, [message("a", 4)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", n) for n in (1, 2, 3, 4)])
    assert station.tried == [("a", n) for n in (1, 2, 3, 4)]


async def test_types_without_a_handler_are_passed_over(station: Station, bus: EventBus) -> None:
    await bus.publish(TOPIC, [rest("a", 1), rest("a", 2), message("a", 3), rest("a", 4)])
    await bus.publish(TOPIC, [message("a", 5)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 3), ("a", 5)])


async def test_a_handler_for_a_whole_topic_gets_every_type(station: Station, bus: EventBus) -> None:
    await bus.publish(TOPIC, [rest("a", 1), message("a", 2)])
    handlers = {f"{TOPIC}.*": station.handle}
    consumer = Consumer(station.db, bus, "all", handlers, station.inbox)
    async with running(consumer.run):
        await until_seen(station, [("a", 1), ("a", 2)])


async def test_an_event_ahead_of_its_turn_waits_for_the_missing_one(
    station: Station, bus: EventBus
) -> None:
    await bus.publish(TOPIC, [message("a", 1), message("a", 4), message("b", 1)])
    async with running(station.consumer(bus, attempts=50).run):
        await until_seen(station, [("a", 1), ("b", 1)])
        await bus.publish(TOPIC, [message("a", 3)])
        await asyncio.sleep(0.2)
        assert await station.seen("a") == [("a", 1)]
        await bus.publish(TOPIC, [message("a", 2)])
        await until_seen(station, [("b", 1), *(("a", n) for n in (1, 2, 3, 4))])
    assert await station.seen("a") == [("a", n) for n in (1, 2, 3, 4)]
    assert await parked(station) == 0


async def test_a_failing_event_is_tried_again_and_its_subject_waits(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 2)}
    await bus.publish(TOPIC, [message(s, n) for n in (1, 2, 3) for s in ("a", "b")])
    async with running(station.consumer(bus, attempts=50).run):
        await until_seen(station, [("a", 1), ("b", 1), ("b", 2), ("b", 3)])
        await bus.publish(TOPIC, [message("a", 4)])

        async def both_wait() -> bool:
            return await parked(station) == 3

        await until(both_wait)
        station.poison = set()
        await until_seen(station, [(s, n) for s in "ab" for n in (1, 2, 3)] + [("a", 4)])
    assert [n for _, n in await station.seen("a")] == [1, 2, 3, 4]
    assert await parked(station) == 0


async def test_a_long_queue_behind_a_parked_event_passes_as_a_whole(
    station: Station, bus: EventBus
) -> None:
    count = EVENTS_AT_ONCE + 30
    station.poison = {("a", 1)}
    await bus.publish(TOPIC, [message("a", n) for n in range(1, count + 1)])
    async with running(station.consumer(bus, attempts=50).run):

        async def all_parked() -> bool:
            return await parked(station) == count

        await until(all_parked)
        station.poison = set()
        await until_seen(station, [("a", n) for n in range(1, count + 1)])
    assert [n for _, n in await station.seen()] == list(range(1, count + 1))


async def test_fresh_events_do_not_wait_for_all_that_is_parked(
    station: Station, bus: EventBus
) -> None:
    parked_ones = [f"parked-{n}" for n in range(2 * SUBJECTS_AT_ONCE)]
    station.poison = {(subject, 1) for subject in parked_ones}

    slow = asyncio.Event()

    async def slowly(tx: AsyncConnection, envelope: Envelope) -> None:
        if slow.is_set() and envelope.subject in parked_ones:
            await asyncio.sleep(TURN_SECONDS / 3)
        await station.handle(tx, envelope)

    async with running(station.consumer(bus, handler=slowly, attempts=1000).run):
        await bus.publish(TOPIC, [message(subject, 1) for subject in parked_ones])

        async def all_parked() -> bool:
            return await parked(station) == len(parked_ones)

        await until(all_parked, seconds=60)
        slow.set()
        tries: list[int] = []
        for n in (1, 2, 3, 4):
            before = len(station.tried)
            await bus.publish(TOPIC, [message("fresh", n)])
            await until(partial(_has, station, ("fresh", n)), seconds=30)
            tries.append(station.tried.index(("fresh", n)) - before)
    # Those of the turn under way, and of one more in which it was not seen yet; the first comes in
    # the turn that parks all of them, and has them tried for as long as that has taken.
    assert max(tries[1:]) < SUBJECTS_AT_ONCE // 2, tries


async def _has(station: Station, effect: tuple[str, int]) -> bool:
    return effect in station.tried


async def test_a_queue_goes_on_when_its_worker_is_stopped_between_two_events(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 1)}
    await bus.publish(TOPIC, [message("a", n) for n in (1, 2, 3)])
    stopped = asyncio.Event()

    async def stop_after_the_first(tx: AsyncConnection, envelope: Envelope) -> None:
        if envelope.sequence == 2:
            stopped.set()
            await asyncio.sleep(60)
        await station.handle(tx, envelope)

    first = station.consumer(bus, handler=stop_after_the_first, attempts=50)
    working = asyncio.create_task(first.run(asyncio.Event()))
    await asyncio.sleep(0.1)
    station.poison = set()
    async with asyncio.timeout(10):
        await stopped.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1), ("a", 2), ("a", 3)])


async def test_a_handler_that_hangs_counts_as_failed(station: Station, bus: EventBus) -> None:
    hung: list[str] = []

    async def hang_once(tx: AsyncConnection, envelope: Envelope) -> None:
        if envelope.subject == "a" and not hung:
            hung.append(envelope.id)
            await asyncio.sleep(60)
        await station.handle(tx, envelope)

    await bus.publish(TOPIC, [message("a", 1), message("b", 1)])
    async with running(station.consumer(bus, handler=hang_once, handler_seconds=0.2).run):
        await until_seen(station, [("a", 1), ("b", 1)])


async def test_many_failing_subjects_do_not_stop_the_others(
    station: Station, bus: EventBus
) -> None:
    station.poison = {(f"bad{n}", 1) for n in range(30)}
    bad = [message(f"bad{n}", 1) for n in range(30)]
    good = [message(f"good{n}", 1) for n in range(30)]
    await bus.publish(TOPIC, [m for pair in zip(bad, good, strict=True) for m in pair])
    consumer = station.consumer(bus)
    async with running(consumer.run):
        await until_seen(station, [(f"good{n}", 1) for n in range(30)])

        async def all_dead() -> bool:
            return (await consumer.state()).dead == 30

        await until(all_dead)


async def test_what_a_handler_fetches_is_fetched_outside_of_the_transaction(
    station: Station, bus: EventBus
) -> None:
    async def fetch(envelope: Envelope) -> int:
        async with station.db.write() as tx:
            await tx.execute(insert(station.effects).values(subject="fetched", step=0))
        return envelope.sequence * 100

    async def apply(tx: AsyncConnection, envelope: Envelope, fetched: int) -> None:
        row = {"subject": envelope.subject, "step": fetched}
        await tx.execute(insert(station.effects).values(row))

    await bus.publish(TOPIC, [message("a", 1)])
    handlers = {ProbeMoved.TYPE: Fetching(fetch, apply)}
    consumer = Consumer(station.db, bus, "fetching", handlers, station.inbox)
    async with running(consumer.run):
        await until_seen(station, [("fetched", 0), ("a", 100)])


async def test_a_fetch_that_fails_parks_the_event_until_it_passes(
    station: Station, bus: EventBus
) -> None:
    attempts: list[int] = []

    async def fetch(envelope: Envelope) -> None:
        attempts.append(envelope.sequence)
        if len(attempts) < 3:
            raise ConnectionError("the other service is down")

    async def apply(tx: AsyncConnection, envelope: Envelope, fetched: None) -> None:
        await station.handle(tx, envelope)

    await bus.publish(TOPIC, [message("a", 1)])
    handlers = {ProbeMoved.TYPE: Fetching(fetch, apply)}
    consumer = Consumer(station.db, bus, "fetching", handlers, station.inbox, backoff=QUICK)
    async with running(consumer.run):
        await until_seen(station, [("a", 1)])
    assert len(attempts) == 3


async def test_a_rebuild_under_a_new_name_sees_everything_again(
    station: Station, bus: EventBus
) -> None:
    await bus.publish(TOPIC, [message("a", n) for n in (1, 2)])
    for group in ("view.v1", "view.v2"):
        async with running(station.consumer(bus, group).run):
            expected = [("a", 1), ("a", 2)] * (1 if group == "view.v1" else 2)
            await until_seen(station, expected)
    async with station.db.write() as tx:
        await station.inbox.forget(tx, "view.v1")


async def test_two_consumers_on_one_database_make_each_effect_once(
    station: Station, bus: EventBus, open_another: Callable[[], Database]
) -> None:
    other = await open_station(open_another(), create=False)
    for n in range(1, 41):
        await bus.publish(TOPIC, [message(s, n) for s in ("a", "b")])
    async with running(other.consumer(bus).run):
        async with running(station.consumer(bus).run):
            await asyncio.sleep(0.05)
        await until_seen(station, [(s, n) for s in "ab" for n in range(1, 41)])
    await other.db.dispose()


async def test_a_consumer_waits_for_a_bus_that_is_down(station: Station, bus: EventBus) -> None:
    troubled = TroubledBus(bus)
    troubled.down = True
    consumer = station.consumer(troubled)
    await bus.publish(TOPIC, [message("a", 1)])
    async with running(consumer.run):
        await asyncio.sleep(0.2)
        assert "the bus is down" in ((await consumer.state()).last_error or "")
        troubled.down = False
        await until_seen(station, [("a", 1)])

        async def well() -> bool:
            return (await consumer.state()).last_error is None

        await until(well)


async def test_a_database_that_is_away_loses_no_event(station: Station, bus: EventBus) -> None:
    await bus.publish(TOPIC, [message("a", n) for n in (1, 2)])
    async with station.db.write() as tx:
        await tx.execute(text("ALTER TABLE inbox_event RENAME TO inbox_event_away"))
    consumer = station.consumer(bus)
    async with running(consumer.run):

        async def waits() -> bool:
            return (await consumer.state()).last_error is not None

        await until(waits)
        await bus.publish(TOPIC, [message("a", 3)])
        await asyncio.sleep(0.2)
        assert await station.seen() == []
        async with station.db.write() as tx:
            await tx.execute(text("ALTER TABLE inbox_event_away RENAME TO inbox_event"))
        await until_seen(station, [("a", n) for n in (1, 2, 3)])
    assert await parked(station) == 0


async def test_old_ids_are_forgotten_and_their_events_still_have_no_second_effect(
    station: Station, bus: EventBus
) -> None:
    made = envelope("a", 1)
    await bus.publish(TOPIC, [Message.of(made)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1)])
    async with station.db.write() as tx:
        assert await station.inbox.prune(tx, clock.now() + timedelta(days=1)) == 1
    await bus.publish(TOPIC, [message("a", 1), message("a", 2)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1), ("a", 2)])


def test_a_consumer_without_handlers_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a handler"):
        Consumer(
            Database(f"sqlite:///{tmp_path}/x.db"),
            SQLiteBus(tmp_path / "e.db"),
            "x",
            {},
            None,  # type: ignore[arg-type]
        )
