"""Two instances of exchange on one database: each subject is delivered by one at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from services.exchange.store import Claimed, Leases
from services.exchange.store.tables import subscriptions
from shared.clock import now
from tests.integration.exchange.conftest import running
from tests.support.exchange import Exchange, case_event
from tests.support.receivers import Delivery, Reply, receiving

NUMBERS = [f"99010200000020261121001{n:06d}1" for n in range(8)]
EACH = 5


@pytest.fixture
async def instances(
    database_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[Exchange, Exchange]]:
    """Two instances on one database and one event log."""
    folders = tmp_path_factory.mktemp("a"), tmp_path_factory.mktemp("b")
    async with (
        running(database_url, tmp_path, folders[0]) as one,
        running(database_url, tmp_path, folders[1]) as other,
    ):
        yield one, other


async def test_one_subject_is_never_under_way_twice(
    instances: tuple[Exchange, Exchange],
) -> None:
    exchange, _ = instances
    under_way: Counter[str] = Counter()
    overlaps: list[str] = []

    async def slow(delivery: Delivery) -> Reply:
        subject = delivery.place[0]
        under_way[subject] += 1
        if under_way[subject] > 1:
            overlaps.append(subject)
        await asyncio.sleep(0.02)
        under_way[subject] -= 1
        return Reply(200)

    async with receiving(slow) as receiver:
        await exchange.subscribe(receiver.url)
        for step in range(1, EACH + 1):
            await exchange.publish(*(case_event("case_extended", step, number=n) for n in NUMBERS))
        await receiver.until(len(NUMBERS) * EACH, 60)
        for number in NUMBERS:
            assert receiver.places(number) == [(number, n) for n in range(1, EACH + 1)]
        assert overlaps == []
        assert receiver.most_under_way <= 4


async def test_who_lost_the_lease_marks_nothing(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving(lambda _: Reply(500)) as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(case_event("case_submitted"))
        await receiver.until_true(lambda: len(receiver.came) > 0)
        await exchange.act(made, "pause")
        await exchange.until(lambda: _is_free(exchange))
    assert await _claim(exchange, made["id"]) == []  # paused: nobody claims
    async with exchange.db.write() as tx:
        leases = Leases(tx)
        await tx.execute(update(subscriptions).values(paused=None))
        (first,) = await leases.claim(made["id"], _later(), now() - timedelta(seconds=1), 4)
        (second,) = await leases.claim(made["id"], _later(), now() + timedelta(hours=1), 4)
        assert second.lease == first.lease + 1
        assert not await leases.holds(first)
        assert await leases.holds(second)
        assert await leases.claim(made["id"], now(), _later(), 4) == []
        await tx.execute(update(subscriptions).values(paused="owner"))


def _later() -> datetime:
    return now() + timedelta(hours=1)


async def _claim(exchange: Exchange, subscription: str) -> list[Claimed]:
    async with exchange.db.write() as tx:
        return await Leases(tx).claim(subscription, _later(), now(), 4)


async def _is_free(exchange: Exchange) -> bool:
    return all(row.leased_until is None for row in await exchange.rows("lanes"))
