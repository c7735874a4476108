"""The feed: in order, without holes, by department, and without asking all the time."""

import asyncio
import time
from typing import Any

import httpx

from shared.events import Envelope
from shared.web import encode_cursor
from tests.support.exchange import CASE, POLICE, Exchange, case_event

OTHER = "11990102MB2824177L"


async def test_a_department_sees_its_cases_in_their_order_and_no_others(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    mine = [case_event("case_submitted"), case_event("case_accepted", 2, status="accepted")]
    theirs = case_event("case_submitted", number="1" * 30, department=OTHER)
    await exchange.publish(mine[0], theirs, mine[1])
    await exchange.follow(POLICE, "tongban.cases.case_accepted.v1", subject=CASE)
    page = (await _events(exchange, POLICE, types="tongban.cases.*")).json()
    assert [(e["subject"], e["sequence"]) for e in page["events"]] == [
        (CASE, "0000000001"),
        (CASE, "0000000002"),
    ]
    assert page["events"][0]["specversion"] == "1.0"
    assert page["events"][0]["id"] == mine[0].id
    seen = await exchange.follow(OTHER, "tongban.cases.*", subject="1" * 30)
    assert [e["id"] for e in seen] == [theirs.id]


async def test_pages_follow_each_other_without_holes_or_repeats(exchange: Exchange) -> None:
    events = [case_event("case_extended", n) for n in range(1, 26)]
    await exchange.publish(*events)
    await exchange.until(lambda: _fed(exchange, 25))
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(5):
        page = (await _events(exchange, POLICE, types="tongban.cases.*", limit=10, **after)).json()
        seen += [e["id"] for e in page["events"]]
        after = {"after": page["next"]}
    assert seen == [event.id for event in events]


async def test_who_waits_is_told_at_once(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    head = (await _events(exchange, POLICE, types="tongban.cases.*", wait=0)).json()["next"]
    waiting = asyncio.create_task(
        _events(exchange, POLICE, types="tongban.cases.*", after=head, wait=20)
    )
    await asyncio.sleep(0.3)
    assert not waiting.done()
    began = time.monotonic()
    await exchange.publish(case_event("case_submitted"))
    page = (await waiting).json()
    assert [e["subject"] for e in page["events"]] == [CASE]
    assert time.monotonic() - began < 5


async def test_waiting_ends_with_nothing_and_a_cursor_to_go_on(exchange: Exchange) -> None:
    answer = await _events(exchange, POLICE, types="tongban.cases.*", wait=0.5)
    assert answer.status_code == 200
    assert answer.json()["events"] == []
    assert answer.json()["next"]


async def test_more_than_may_wait_are_answered_at_once(exchange: Exchange) -> None:
    asked = {"types": "tongban.cases.*", "wait": 2}
    began = time.monotonic()
    waiting = [asyncio.create_task(_events(exchange, POLICE, **asked)) for _ in range(4)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert time.monotonic() - began < 1.5
    assert len(done) == 1
    await asyncio.gather(*waiting)


async def test_public_events_reach_every_department(exchange: Exchange) -> None:
    published = Envelope(
        source="/services/catalogue",
        type="tongban.catalogue.item_published.v1",
        subject="item-1",
        sequence=1,
        data={"code": "item-1", "version": 1},
    )
    await exchange.publish(published)
    for department in (POLICE, OTHER):
        (seen,) = await exchange.follow(department, "tongban.catalogue.*", subject="item-1")
        assert seen["data"] == {"code": "item-1", "version": 1}


async def test_what_concerns_no_department_is_in_nobodys_feed(exchange: Exchange) -> None:
    registered = Envelope(
        source="/services/identity",
        type="tongban.identity.person_registered.v1",
        subject="psn_1",
        sequence=1,
        data={"person": "psn_1", "level": 2},
    )
    appointed = Envelope(
        source="/services/identity",
        type="tongban.identity.staff_appointed.v1",
        subject="stf_1",
        sequence=1,
        data={"staff": "stf_1", "person": "psn_1", "department": POLICE},
    )
    await exchange.publish(registered, appointed)
    await exchange.follow(POLICE, "tongban.identity.*", subject="stf_1")
    assert {row.type for row in await exchange.rows("feed") if "identity" in row.type} == {
        appointed.type
    }
    page = (await _events(exchange, OTHER, types="tongban.identity.*")).json()
    assert page["events"] == []


async def test_only_departments_follow_and_cursors_are_not_made_up(exchange: Exchange) -> None:
    nobody = exchange.tokens.system(
        "cases", scopes="events.read", aud=[f"{exchange.tokens.base}/api/exchange"]
    )
    answer = await exchange.http.get("/v1/events", headers={"Authorization": f"Bearer {nobody}"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "no_department")
    without = exchange.system(scopes="exchange.query")
    assert (await exchange.http.get("/v1/events", headers=without)).status_code == 403
    beyond = {"after": encode_cursor([2**63])}
    for wrong in ({"after": "xx"}, beyond, {"types": "a b"}, {"types": "%"}):
        assert (await _events(exchange, POLICE, **wrong)).status_code == 400
    assert (await _events(exchange, POLICE, wait=26)).status_code == 422


async def _events(exchange: Exchange, department: str, **params: Any) -> httpx.Response:
    return await exchange.http.get("/v1/events", params=params, headers=exchange.system(department))


async def _fed(exchange: Exchange, count: int) -> bool:
    rows = [row for row in await exchange.rows("feed") if row.type.startswith("tongban.cases")]
    return len(rows) == count
