import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert

from shared import clock
from shared.db import Database
from shared.events import Delivery, EventBus, Outbox
from shared.events.horizon import LOOK_SECONDS, Horizon
from tests.support.stations import TOPIC, ProbeMoved, Station, open_station, running, until
from tests.support.troubled_bus import TroubledBus


async def emptied(station: Station) -> None:
    async def empty() -> bool:
        return await station.waiting() == 0

    await until(empty)


async def published(bus: EventBus) -> list[tuple[str, int]]:
    subscription = await bus.subscribe("check", [TOPIC])
    got: list[Delivery] = []
    while batch := await subscription.fetch(500, 0.2):
        got += batch
    await subscription.close()
    return [(d.envelope.subject, d.envelope.sequence) for d in got if d.envelope]


async def test_what_waits_is_published_in_order_and_removed(
    station: Station, bus: EventBus
) -> None:
    for n in range(1, 151):
        await station.add("a" if n % 2 else "b", (n + 1) // 2)
    async with running(station.relay(bus).run):
        await emptied(station)
    got = await published(bus)
    assert sorted(got) == sorted((s, n) for s in "ab" for n in range(1, 76))
    assert [n for s, n in got if s == "a"] == list(range(1, 76))


async def test_a_commit_wakes_the_relay_at_once(station: Station, bus: EventBus) -> None:
    async with running(station.relay(bus).run):
        await asyncio.sleep(0.3)
        subscription = await bus.subscribe("check", [TOPIC])
        await subscription.fetch(1, 0.05)
        await station.add("a", 1)
        async with asyncio.timeout(0.5):
            assert len(await subscription.fetch(1, 5.0)) == 1
        await subscription.close()


async def test_what_another_process_adds_is_relayed_too(
    station: Station, bus: EventBus, open_another: Callable[[], Database]
) -> None:
    other = await open_station(open_another(), create=False)
    async with running(station.relay(bus).run):
        await asyncio.sleep(0.2)
        await other.add("a", 1)
        async with asyncio.timeout(0.8):
            await emptied(station)
    await other.db.dispose()


async def test_events_wait_in_the_outbox_while_the_bus_is_down(
    station: Station, bus: EventBus
) -> None:
    troubled = TroubledBus(bus)
    troubled.down = True
    relay = station.relay(troubled)
    async with running(relay.run):
        await station.add("a", 1, 2)
        await station.add("a", 3)
        await asyncio.sleep(0.3)
        state = await relay.state()
        assert (state.leading, state.waiting) == (True, 3)
        assert "the bus is down" in (state.last_error or "")
        troubled.down = False
        await emptied(station)
        assert (await relay.state()).last_error is None
    assert await published(bus) == [("a", 1), ("a", 2), ("a", 3)]


async def test_the_age_of_the_oldest_unsent_event_is_known(station: Station, bus: EventBus) -> None:
    with clock.at(clock.now() - timedelta(hours=2)):
        await station.add("a", 1)
    await station.add("a", 2)
    oldest = (await station.relay(bus).state()).oldest
    assert timedelta(hours=2) <= oldest < timedelta(hours=2, minutes=1)


async def test_a_refused_event_holds_back_its_own_subject_only(
    station: Station, bus: EventBus
) -> None:
    troubled = TroubledBus(bus)
    troubled.refused_subjects = {"a"}
    relay = station.relay(troubled)
    async with running(relay.run):
        await station.add("a", 1, 2)
        await station.add("b", 1)

        async def others_are_out() -> bool:
            return await station.waiting() == 2 and (await relay.state()).refused > 0

        await until(others_are_out)
        await station.add("a", 3)
        await station.add("b", 2)
        await asyncio.sleep(0.2)
        assert await station.waiting() == 3
        troubled.refused_subjects = set()
        async with station.db.write() as tx:
            assert await station.outbox.release(tx, "a") > 0
        await emptied(station)
    got = await published(bus)
    assert [n for s, n in got if s == "a"] == [1, 2, 3]
    assert [n for s, n in got if s == "b"] == [1, 2]


async def test_what_was_refused_is_tried_again_by_the_next_leader(
    station: Station, bus: EventBus
) -> None:
    troubled = TroubledBus(bus)
    troubled.refused_subjects = {"a"}
    relay = station.relay(troubled)
    async with running(relay.run):
        await station.add("a", 1)

        async def refused() -> bool:
            return (await relay.state()).refused == 1

        await until(refused)
    async with running(station.relay(bus).run):
        await emptied(station)
    assert await published(bus) == [("a", 1)]


async def test_of_two_relays_one_leads_and_the_other_takes_over(
    station: Station, bus: EventBus, open_another: Callable[[], Database]
) -> None:
    other = await open_station(open_another(), create=False)
    first, second = station.relay(bus), other.relay(bus)
    async with running(second.run):
        async with running(first.run):
            await asyncio.sleep(0.7)
            leading = [(await relay.state()).leading for relay in (first, second)]
            assert sorted(leading) == [False, True]
            await station.add("a", 1)
            await emptied(station)
        await station.add("a", 2)
        await emptied(station)
        assert (await second.state()).leading
    assert await published(bus) == [("a", 1), ("a", 2)]
    await other.db.dispose()


async def test_an_event_committed_late_under_a_low_id_is_not_lost(
    station: Station, bus: EventBus, open_another: Callable[[], Database]
) -> None:
    if station.db.dialect == "sqlite":
        pytest.skip("SQLite has one writer: ids are given in commit order")
    slow = open_another()
    async with running(station.relay(bus).run):
        async with slow.write() as tx:
            await station.outbox.add(tx, ProbeMoved(step=1), subject="late", sequence=1)
            for n in range(1, 26):
                await station.add("a", n)
                await asyncio.sleep(0.1)
            await emptied(station)
        await emptied(station)
    assert ("late", 1) in await published(bus)
    await slow.dispose()


async def test_the_relay_starts_above_the_deleted_once_no_transaction_is_older(
    station: Station, open_another: Callable[[], Database]
) -> None:
    if station.db.dialect == "sqlite":
        pytest.skip("SQLite keeps no deleted rows to step over")
    horizon = Horizon(station.outbox.table, "postgresql")
    horizon.saw(10)

    async def looks(count: int) -> int:
        for _ in range(count):
            async with station.db.read() as connection:
                await horizon.look(connection)
            await asyncio.sleep(LOOK_SECONDS)
        return horizon.low

    older = open_another()
    async with older.write() as tx:
        await station.outbox.add(tx, ProbeMoved(step=1), subject="a", sequence=1)
        assert await looks(3) == 0
    # The row of the older transaction, which got id 1, is still there.
    assert await looks(1) == 1
    async with older.write() as tx:
        await tx.execute(delete(station.outbox.table))
    assert await looks(3) == 11
    await older.dispose()


async def test_the_relay_survives_the_loss_of_its_lock_connection(
    station: Station, bus: EventBus, open_another: Callable[[], Database]
) -> None:
    if station.db.dialect == "sqlite":
        pytest.skip("an flock needs no connection")
    relay = station.relay(bus)
    async with running(relay.run):
        await station.add("a", 1)
        await emptied(station)
        killer = open_another()
        async with killer.write() as tx:
            await tx.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        await killer.dispose()
        await station.add("a", 2)
        await emptied(station)
    assert await published(bus) == [("a", 1), ("a", 2)]


async def test_a_writer_of_many_rows_can_insert_them_itself(
    station: Station, bus: EventBus
) -> None:
    outbox: Outbox = station.outbox
    wrapped = [outbox.wrap(ProbeMoved(step=n), subject="a", sequence=n) for n in (1, 2)]
    async with station.db.write() as tx:
        await tx.execute(insert(outbox.table), [outbox.row(envelope) for envelope in wrapped])
    async with running(station.relay(bus).run):
        await emptied(station)
    assert await published(bus) == [("a", 1), ("a", 2)]
