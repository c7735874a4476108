"""Many at once on one case: one wins, nothing is lost and nothing happens twice."""

import asyncio
from typing import Any

import orjson
from sqlalchemy import func, select

ITEM = "11990102MB2824177L4000105001000"


async def lines(cases: Any, tables: Any) -> list[tuple[int, int]]:
    history = tables["case_history"]
    async with cases.db.read() as connection:
        rows = await connection.execute(
            select(history.c.seq, history.c.version).order_by(history.c.case_id, history.c.seq)
        )
        return [(row.seq, row.version) for row in rows]


async def told(cases: Any, number: str) -> list[tuple[str, str]]:
    """The events of a case as the bus has them, once all are there."""
    bus = cases.app.state.runtime.bus
    subscription = await bus.subscribe("probe", ["tongban.cases"])
    seen: list[tuple[str, str]] = []
    for _ in range(20):
        for delivery in await subscription.fetch(100, 0.2):
            event = orjson.loads(delivery.raw)
            if event["subject"] == number:
                seen.append((event["type"].split(".")[2], event["sequence"]))
    await subscription.close()
    return seen


async def test_of_forty_who_accept_one_wins(cases_everywhere: Any, tables: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    desk = cases.staff()
    answers = await asyncio.gather(*(cases.act(number, "accept", desk) for _ in range(40)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * 39
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["type"].endswith("/problems/act-not-allowed")
    assert set(refused["allowed"]) == {"suspend", "extend", "decide", "withdraw"}
    assert await lines(cases, tables) == [(1, 1), (2, 2), (3, 3)]


async def test_of_forty_who_saw_the_same_version_one_changes_it(
    cases_everywhere: Any, tables: Any
) -> None:
    cases = cases_everywhere
    number = await cases.start("draft")
    headers = cases.citizen() | {"If-Match": '"1"'}

    async def change(n: int) -> Any:
        return await cases.http.put(
            f"/v1/cases/{number}/form", json={"form": {"seats": n}}, headers=headers
        )

    answers = await asyncio.gather(*(change(n) for n in range(40)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 39
    lost = next(answer for answer in answers if answer.status_code == 412).json()
    assert lost["changed_by"] == "psn_citizen"
    assert lost["version"] == 2
    assert await lines(cases, tables) == [(1, 1), (2, 2)]


async def test_forty_unconditional_changes_are_forty_versions(
    cases_everywhere: Any, tables: Any
) -> None:
    cases = cases_everywhere
    number = await cases.start("draft")

    async def change(n: int) -> Any:
        return await cases.http.put(
            f"/v1/cases/{number}/form", json={"form": {"seats": n}}, headers=cases.citizen()
        )

    answers = await asyncio.gather(*(change(n) for n in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert await lines(cases, tables) == [(n, n) for n in range(1, 42)]


async def test_twenty_equal_keys_make_one_case(cases_everywhere: Any, tables: Any) -> None:
    cases = cases_everywhere
    headers = cases.citizen() | {"Idempotency-Key": "one"}
    body = {"item": ITEM, "status": "submitted", "form": {"shop": "小馆"}}
    answers = await asyncio.gather(
        *(cases.http.post("/v1/cases", json=body, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    async with cases.db.read() as connection:
        count = await connection.scalar(select(func.count()).select_from(tables["cases"]))
    assert count == 1
    number = answers[0].json()["number"]
    assert await told(cases, number) == [("case_submitted", "0000000001")]


async def test_a_retried_act_gets_its_first_answer_whatever_came_after(cases: Any) -> None:
    number = await cases.start()
    headers = cases.staff() | {"Idempotency-Key": "a", "If-Match": '"2"'}
    first = await cases.act(number, "accept", headers)
    await cases.act(number, "decide", cases.staff(), outcome="granted")
    again = await cases.act(number, "accept", headers)
    assert (again.status_code, again.content) == (200, first.content)
    other = await cases.act(number, "accept", headers, note="另一份")
    assert other.status_code == 422
    assert other.json()["type"].endswith("/problems/idempotency-key-reused")


async def test_a_refused_act_leaves_its_key_free(cases: Any) -> None:
    number = await cases.start("draft", form={})
    headers = cases.citizen() | {"Idempotency-Key": "s"}
    assert (await cases.act(number, "submit", headers)).status_code == 422
    await cases.http.put(
        f"/v1/cases/{number}/form", json={"form": {"shop": "小馆"}}, headers=cases.citizen()
    )
    assert (await cases.act(number, "submit", headers)).status_code == 200


async def test_events_count_without_a_gap(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    desk, notice = cases.staff(), {"fields": ["shop"], "reasons": "店名不全"}
    await cases.act(number, "request-correction", desk, **notice)
    await cases.act(number, "correct", cases.citizen(), form={"shop": "云州小馆"})
    await cases.act(number, "accept", desk)
    await cases.act(number, "suspend", desk, ground="hearing", days=10, reasons="听证")
    await cases.act(number, "resume", desk)
    await cases.act(number, "extend", cases.staff("approver"), days=5, reasons="案情复杂")
    await cases.act(number, "decide", desk, outcome="refused", reasons="不符", remedies="可复议")
    await cases.act(number, "deliver", desk, means="post")
    facts = [
        "case_submitted",
        "correction_requested",
        "case_corrected",
        "case_accepted",
        "case_suspended",
        "case_resumed",
        "case_extended",
        "case_decided",
        "case_delivered",
    ]
    expected = [(fact, f"{n:010}") for n, fact in enumerate(facts, 1)]
    assert await told(cases, number) == expected


async def test_numbers_are_never_given_twice(cases_everywhere: Any) -> None:
    from datetime import date

    from services.cases.domain import Channel
    from services.cases.store.numbers import Numbers

    one, two = Numbers(cases_everywhere.db, block=5), Numbers(cases_everywhere.db, block=5)
    day, region = date(2026, 3, 2), "990102000000"
    taken = await asyncio.gather(
        *(source.take(region, day, Channel.WEB) for source in [one, two] * 20)
    )
    assert len(set(taken)) == 40
    other = await one.take(region, date(2026, 3, 3), Channel.WEB)
    assert other[23:29] == "000001"
