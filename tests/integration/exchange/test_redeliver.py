"""What could not be delivered: dead letters, pauses and replays, decided by the receiver itself."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clock import now, rfc3339
from shared.events import Envelope
from tests.integration.exchange.conftest import running
from tests.support.exchange import POLICE, Exchange, case_event
from tests.support.receivers import Delivery, Reply, receiving, taking

OTHER = "11990102MB2824177L"
CASE, NEXT = "990102000000202611210010000011", "990102000000202611210010000021"
SECOND = 1 / 86400


def history(number: str, length: int = 3, first: int = 1) -> list[Envelope]:
    return [
        case_event("case_extended", sequence, number=number)
        for sequence in range(first, first + length)
    ]


@pytest.fixture
async def hasty(database_url: str, tmp_path: Path, short: Path) -> AsyncGenerator[Exchange]:
    """Exchange that gives an event up after half a second, on both databases."""
    async with running(database_url, tmp_path, short, webhook_days=SECOND / 2) as started:
        yield started


async def test_a_dead_letter_is_replayed_and_what_waited_follows(hasty: Exchange) -> None:
    async with receiving(lambda d: Reply(500 if d.place[0] == CASE else 200)) as receiver:
        made = await hasty.subscribe(receiver.url)
        await hasty.publish(*history(CASE), *history(NEXT))
        (letter,) = await _letters(hasty, made, 1)
        assert (letter["subject"], letter["reason"], letter["waiting"]) == (CASE, "status_500", 2)
        assert letter["envelope"]["sequence"] == "0000000001"
        assert letter["event"] == letter["envelope"]["id"]
        assert receiver.places() == [(NEXT, n) for n in (1, 2, 3)]
        await hasty.until(lambda: _counts(hasty, made, dead=1, waiting=2))
        tried = len(receiver.came)
        await asyncio.sleep(0.5)
        assert len(receiver.came) == tried
        receiver.behave = taking
        again = await hasty.act(made, f"dead-letters/{letter['event']}/replay")
        assert again.status_code == 200, again.text
        await receiver.until(6)
        assert receiver.places(CASE) == [(CASE, n) for n in (1, 2, 3)]
        assert await _letters(hasty, made, 0) == []


async def test_a_dead_letter_is_discarded_and_the_case_goes_on(hasty: Exchange) -> None:
    def refuses_the_first(delivery: Delivery) -> Reply:
        return Reply(500 if delivery.place[1] == 1 else 200)

    async with receiving(refuses_the_first) as receiver:
        made = await hasty.subscribe(receiver.url)
        await hasty.publish(*history(CASE))
        (letter,) = await _letters(hasty, made, 1)
        path = f"dead-letters/{letter['event']}/discard"
        key = {"Idempotency-Key": "once"}
        assert (await hasty.act(made, path, headers=key)).status_code == 200
        assert (await hasty.act(made, path, headers=key)).headers["idempotency-replayed"] == "true"
        assert (await hasty.act(made, path)).json()["type"].endswith("/delivery-not-found")
        await receiver.until(2)
        assert receiver.places() == [(CASE, 2), (CASE, 3)]


async def test_a_replay_from_a_moment_sends_everything_since_again(hasty: Exchange) -> None:
    async with receiving() as receiver:
        made = await hasty.subscribe(receiver.url)
        await hasty.publish(*history(CASE, 2))
        await receiver.until(2)
        await asyncio.sleep(0.01)
        since = rfc3339(now())
        await hasty.publish(*history(CASE, 2, first=3))
        await receiver.until(4)
        receiver.behave = lambda _: Reply(500)
        await hasty.publish(*history(NEXT))
        await _letters(hasty, made, 1)
        receiver.behave = taking
        done = await hasty.act(made, "replay", {"since": since})
        assert done.status_code == 200, done.text
        await receiver.until(9)
        assert receiver.places(CASE) == [(CASE, n) for n in (1, 2, 3, 4, 3, 4)]
        assert receiver.places(NEXT) == [(NEXT, n) for n in (1, 2, 3)]
        assert receiver.taken[2].headers["webhook-id"] in {
            d.headers["webhook-id"] for d in receiver.taken[4:]
        }
        assert await _letters(hasty, made, 0) == []


async def test_a_subscription_may_begin_in_the_past(hasty: Exchange) -> None:
    await hasty.publish(*history(CASE), case_event("case_submitted", number=NEXT, department=OTHER))
    await hasty.until(lambda: _fed(hasty, 4))
    async with receiving() as receiver, receiving() as later:
        past = rfc3339(now() - timedelta(days=1))
        await hasty.subscribe(receiver.url, since=past)
        await hasty.subscribe(later.url)
        await hasty.publish(*history(CASE, 1, first=4))
        await receiver.until(4)
        await later.until(1)
        assert receiver.places() == [(CASE, n) for n in (1, 2, 3, 4)]
        assert later.places() == [(CASE, 4)]


async def test_nothing_is_lost_over_a_pause(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(*history(CASE, 1))
        await receiver.until(1)
        paused = await exchange.act(made, "pause", headers={"If-Match": '"1"'})
        assert (paused.json()["status"], paused.json()["paused"]) == ("paused", "owner")
        assert (await exchange.act(made, "pause")).status_code == 409
        await exchange.publish(*history(CASE, 2, first=2))
        await exchange.until(lambda: _fed(exchange, 3))
        await asyncio.sleep(0.3)
        assert len(receiver.came) == 1
        assert (await exchange.act(made, "resume", headers={"If-Match": '"1"'})).status_code == 412
        resumed = await exchange.act(made, "resume")
        assert resumed.json()["status"] == "active"
        await exchange.publish(*history(CASE, 1, first=4))
        await receiver.until(4)
        assert receiver.places() == [(CASE, n) for n in (1, 2, 3, 4)]


async def test_who_answers_gone_gets_no_more_and_its_owner_is_told(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    async with receiving(lambda _: Reply(410)) as receiver, receiving() as owner:
        made = await exchange.subscribe(receiver.url)
        await exchange.subscribe(owner.url, types=["tongban.exchange.subscription_paused.v1"])
        await exchange.publish(*history(CASE))
        await owner.until(1)
        (told,) = owner.taken
        assert told.event["type"] == "tongban.exchange.subscription_paused.v1"
        assert told.event["data"] == {
            "subscription": made["id"],
            "client": "vendor",
            "department": POLICE,
            "why": "gone",
        }
        assert (await exchange.subscription(made))["paused"] == "gone"
        assert len(receiver.came) == 1
        receiver.behave = taking
        assert (await exchange.act(made, "resume")).status_code == 200
        await receiver.until(3)
        assert receiver.places() == [(CASE, n) for n in (1, 2, 3)]


async def test_who_loses_the_right_gets_nothing_from_that_moment(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    async with receiving(lambda _: Reply(500)) as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(*history(CASE, 2))
        await receiver.until_true(lambda: len(receiver.came) >= 1)
        await exchange.publish(_registered(1, scopes=["cases.handle"]))
        await exchange.until(lambda: _is_paused(exchange, made))
        await asyncio.sleep(0.2)  # what was on its way has arrived
        came = len(receiver.came)
        receiver.behave = taking
        await exchange.publish(*history(CASE, 1, first=3))
        await asyncio.sleep(0.6)
        assert len(receiver.came) == came
        assert (await exchange.subscription(made))["paused"] == "withdrawn"
        denied = await exchange.act(made, "resume")
        assert (denied.status_code, denied.json()["reason"]) == (403, "right_withdrawn")
        with pytest.raises(AssertionError, match="right_withdrawn"):
            await exchange.subscribe(receiver.url)
        await exchange.publish(_registered(2, scopes=["events.read"]))
        await exchange.until(lambda: _may_resume(exchange, made))
        await receiver.until(3)
        assert receiver.places() == [(CASE, n) for n in (1, 2, 3)]


async def test_a_client_of_another_department_now_gets_nothing_more(exchange: Exchange) -> None:
    async with receiving() as receiver:
        made = await exchange.subscribe(receiver.url)
        await exchange.publish(_registered(1, department=OTHER, scopes=None))
        await exchange.until(lambda: _is_paused(exchange, made))
        await exchange.publish(*history(CASE))
        await exchange.until(lambda: _fed(exchange, 3))
        await asyncio.sleep(0.3)
        assert receiver.came == []


def _registered(sequence: int, department: str = POLICE, **data: Any) -> Envelope:
    return Envelope(
        source="/services/identity",
        type="tongban.identity.client_registered.v1",
        subject="vendor",
        sequence=sequence,
        data={"client": "vendor", "department": department, "region": "990102000000", **data},
    )


async def _letters(exchange: Exchange, made: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The dead letters, once there are so many."""
    path = f"/v1/subscriptions/{made['id']}/dead-letters"
    async with asyncio.timeout(60):
        while True:
            page = (await exchange.http.get(path, headers=exchange.system())).json()
            if len(page["items"]) == count:
                found: list[dict[str, Any]] = page["items"]
                return found
            await asyncio.sleep(0.05)


async def _counts(exchange: Exchange, made: dict[str, Any], dead: int, waiting: int) -> bool:
    told = await exchange.subscription(made)
    return (told["dead_letters"], told["waiting"]) == (dead, waiting)


async def _fed(exchange: Exchange, count: int) -> bool:
    rows = [row for row in await exchange.rows("feed") if row.type.startswith("tongban.cases")]
    return len(rows) == count


async def _is_paused(exchange: Exchange, made: dict[str, Any]) -> bool:
    return bool((await exchange.subscription(made))["status"] == "paused")


async def _may_resume(exchange: Exchange, made: dict[str, Any]) -> bool:
    return (await exchange.act(made, "resume")).status_code == 200
