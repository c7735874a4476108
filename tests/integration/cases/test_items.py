"""Which version of an item a case is pinned to, and what happens when there is none."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.events import Envelope, Message

ITEM = "11990102MB2824177L4000105001000"
ALIAS = "000105001000"


async def start(cases: Any, item: str = ITEM) -> Any:
    return await cases.http.post("/v1/cases", json={"item": item}, headers=cases.citizen())


async def tell(cases: Any, sequence: int, kind: str = "item_published", **data: Any) -> None:
    """Put an event of the catalogue on the bus, as its relay does."""
    envelope = Envelope(
        source="/services/catalogue",
        type=f"tongban.catalogue.{kind}.v1",
        subject=ITEM,
        sequence=sequence,
        data={"code": ITEM, "version": 1, **data},
    )
    await cases.app.state.runtime.bus.publish("tongban.catalogue", [Message.of(envelope)])


async def test_an_item_is_fetched_once(cases: Any, world: Any) -> None:
    assert (await start(cases)).status_code == 201
    world.down.add("catalogue")
    assert (await start(cases)).status_code == 201
    assert [what for what, _ in world.asked].count("version") == 1


async def test_without_a_copy_and_without_the_catalogue_it_says_so(cases: Any, world: Any) -> None:
    world.down.add("catalogue")
    answer = await start(cases)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/problems/catalogue-unavailable")
    assert answer.headers["retry-after"]


async def test_an_item_that_is_not_there_is_not_found(cases: Any) -> None:
    assert (await start(cases, "nowhere")).status_code == 404


async def test_items_that_are_not_open_say_why(cases: Any, world: Any) -> None:
    for status in ("listed", "suspended", "withdrawn"):
        code = f"item-{status}"
        world.items[code] = world.items[ITEM] | {"code": code}
        world.statuses[code] = status
        answer = await start(cases, code)
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("/problems/item-not-open")
        assert answer.json()["reason"] == status


async def test_a_case_keeps_its_version_when_a_new_one_comes(cases: Any, world: Any) -> None:
    number = (await start(cases)).json()["number"]
    world.items[ITEM] = world.items[ITEM] | {"name": "新名称"}
    await tell(cases, 1, version=2, effective="2026-01-02", status="published")
    for _ in range(100):
        later = (await start(cases)).json()
        if later["item"]["version"] == 2:
            break
        await asyncio.sleep(0.05)
    assert later["item"]["version"] == 2
    assert (await cases.case(number))["item"] == {
        "code": ITEM,
        "version": 1,
        "name": "食品经营许可",
    }
    assert (await cases.case(later["number"]))["item"]["name"] == "新名称"


async def test_a_version_waits_for_its_day(
    cases: Any, world: Any, on_day: Callable[[str], Any]
) -> None:
    world.effective = "2026-03-03"
    with on_day("2026-03-02"):
        answer = await start(cases)
        assert answer.status_code == 409
        assert answer.json()["reason"] == "not_yet_in_force"
        assert answer.json()["effective"] == "2026-03-03"
    with on_day("2026-03-03"):
        assert (await start(cases)).status_code == 201


async def test_a_withdrawn_item_takes_no_new_case(cases: Any, world: Any) -> None:
    world.items[ALIAS] = world.items[ITEM]
    number = (await start(cases)).json()["number"]
    await tell(cases, 1, "item_withdrawn")
    for _ in range(100):
        answer = await start(cases)
        if answer.status_code == 409:
            break
        await asyncio.sleep(0.05)
    assert answer.json()["reason"] == "withdrawn"
    assert (await cases.case(number))["status"] == "draft"
    # What the catalogue is heard to say by another of its codes is older than the event.
    assert (await start(cases, ALIAS)).json()["reason"] == "withdrawn"


@pytest.mark.parametrize("state", ["withdrawn", "suspended"])
async def test_a_draft_of_an_item_that_closed_stays_a_draft(
    cases: Any, world: Any, tables: Any, state: str
) -> None:
    number = await cases.start("draft")
    sent = await cases.start()
    await cases.act(sent, "request-correction", cases.staff(), fields=["shop"], reasons="店名不全")
    await turn(cases, tables, state)
    world.asked.clear()
    refused = await cases.act(number, "submit", cases.citizen())
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/problems/item-not-open")
    assert refused.json()["reason"] == state
    assert world.asked == []
    assert (await cases.case(number))["status"] == "draft"
    stranger = await cases.act(number, "submit", cases.citizen("psn_agent"))
    assert stranger.status_code == 404
    # A case that is under way goes on.
    done = await cases.act(sent, "correct", cases.citizen(), form={"shop": "云州小馆"})
    assert done.status_code == 200
    await turn(cases, tables, "published")
    assert (await cases.act(number, "submit", cases.citizen())).status_code == 200


async def turn(cases: Any, tables: Any, state: str) -> None:
    """Give the item the state that an event of the catalogue would."""
    states = tables["item_states"]
    async with cases.db.write() as tx:
        await tx.execute(states.update().where(states.c.code == ITEM).values(status=state))
