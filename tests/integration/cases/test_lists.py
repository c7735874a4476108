"""The lists: right, paged without a count, and each on its index."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import Status
from services.cases.policy import HANDLE, OWN, policy
from services.cases.store import lists
from shared.auth.subject import Staff, Subject


async def test_the_newest_of_my_cases_come_first_page_by_page(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    numbers = [await cases.start("draft") for _ in range(5)]
    await cases.act(numbers[0], "withdraw", cases.citizen())
    seen: list[str] = []
    url = "/v1/cases?limit=2"
    while url:
        page = (await cases.http.get(url, headers=cases.citizen())).json()
        seen += [one["number"] for one in page["items"]]
        url = f"/v1/cases?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == numbers[::-1]
    for query, expected in (
        ("open=true", numbers[:0:-1]),
        ("status=withdrawn", numbers[:1]),
        ("status=withdrawn&open=true", []),
    ):
        page = (await cases.http.get(f"/v1/cases?{query}", headers=cases.citizen())).json()
        assert [one["number"] for one in page["items"]] == expected
    others = await cases.http.get("/v1/cases", headers=cases.citizen("psn_other"))
    assert others.json() == {"items": [], "next": None}


async def test_the_work_list_is_one_call_by_due_date(
    cases_everywhere: Any, on_day: Callable[[str], Any]
) -> None:
    cases = cases_everywhere
    numbers = []
    for day in ("2026-03-04", "2026-03-02", "2026-03-03"):
        with on_day(day):
            numbers.append(await cases.start())
    with on_day("2026-03-05"):
        await cases.start("draft")
        desk = cases.staff()
        first = (await cases.http.get("/v1/tasks?limit=2", headers=desk)).json()
        rest = await cases.http.get(f"/v1/tasks?limit=2&cursor={first['next']}", headers=desk)
        early = await cases.http.get("/v1/tasks?due_before=2026-03-09", headers=desk)
        accepted = await cases.http.get("/v1/tasks?status=accepted", headers=desk)
    assert [task["number"] for task in first["items"]] == [numbers[1], numbers[2]]
    assert [task["left"] for task in first["items"]] == [2, 3]
    assert first["items"][0]["item"]["name"] == "食品经营许可"
    assert first["items"][0]["department"]["name"] == "南湖区市场监督管理局"
    assert [task["number"] for task in rest.json()["items"]] == [numbers[0]]
    assert [task["number"] for task in early.json()["items"]] == [numbers[1]]
    assert accepted.json()["items"] == []


async def test_what_waits_for_the_applicant_is_on_no_desk(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    await cases.act(number, "request-correction", cases.staff(), fields=["shop"], reasons="缺")
    tasks = await cases.http.get("/v1/tasks", headers=cases.staff())
    assert tasks.json()["items"] == []


async def test_another_departments_work_is_not_shown(cases: Any) -> None:
    await cases.start()
    elsewhere = cases.staff(department="11990102MB0000000X")
    assert (await cases.http.get("/v1/tasks", headers=elsewhere)).json()["items"] == []
    asked = await cases.http.get("/v1/tasks?department=11990102MB2824177L", headers=elsewhere)
    assert asked.status_code == 403
    token = cases.tokens.person("psn_citizen", scopes="cases.apply cases.handle")
    citizen = await cases.http.get("/v1/tasks", headers={"Authorization": f"Bearer {token}"})
    assert citizen.status_code == 403


async def test_a_cursor_that_was_made_up_is_refused(cases: Any) -> None:
    for url in ("/v1/cases?cursor=x", "/v1/tasks?cursor=WzEsMl0"):
        who = cases.staff() if "tasks" in url else cases.citizen()
        assert (await cases.http.get(url, headers=who)).status_code == 400


OFFICER = Subject(
    "psn_9", "person", "portal", frozenset(), frozenset(), "j", 0, 0,
    staff=Staff("stf_1", "11990102MB2824177L", "990102000000", roles=frozenset({"officer"})),
)  # fmt: skip
CITIZEN = Subject("psn_7", "person", "portal", frozenset(), frozenset(), "j", 0, 0)


async def fill(cases: Any, tables: Any, count: int) -> None:
    """Many cases of many applicants and departments, as copies of a real one."""
    await cases.start()
    table = tables["cases"]
    async with cases.db.write() as tx:
        one = dict((await tx.execute(select(table))).one()._mapping)
        rows = [
            one
            | {
                "id": f"018f0000-0000-7000-8000-{n:012}",
                "number": f"{n:030}",
                "applicant": f"psn_{n % 500}",
                "department": one["department"] if n % 10 == 0 else f"11990102MB{n % 40:07}X",
                "due_on": date(2026, 3, n % 28 + 1) if n % 3 == 0 else None,
                "timer_on": date(2026, 3, n % 28 + 1) if n % 50 == 0 else None,
            }
            for n in range(count)
        ]
        await tx.execute(insert(table), rows)
        await tx.execute(text("ANALYZE"))


async def plan(connection: AsyncConnection, query: Any) -> str:
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    rows = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")).all()
    return "\n".join(row.detail for row in rows)


async def test_no_list_scans_the_table(cases: Any, tables: Any) -> None:
    await fill(cases, tables, 20_000)
    own, work = policy.scope(CITIZEN, "list_own", OWN), policy.scope(OFFICER, "list_work", HANDLE)
    place = (date(2026, 3, 5), "018f0000-0000-7000-8000-000000000100")
    queries = {
        "cases_applicant": [
            lists.mine(own, (), None, 20),
            lists.mine(own, {Status.DRAFT}, place[1], 20),
        ],
        "cases_work": [
            lists.work(work, (), None, None, 50),
            lists.work(work, {Status.SUBMITTED}, date(2026, 3, 9), place, 50),
        ],
        "cases_timer": [lists.lapsed(date(2026, 3, 9), 200)],
        "cases_unknown_applicant": [lists.unknown_applicants("", 200)],
    }
    async with cases.db.read() as connection:
        for index, several in queries.items():
            for query in several:
                told = await plan(connection, query)
                assert f"INDEX {index}" in told, told
                assert "SCAN cases" not in told.replace(f"SCAN cases USING INDEX {index}", "")
                assert "TEMP B-TREE" not in told, told
        by_number = select(tables["cases"]).where(tables["cases"].c.number == "1")
        assert "SEARCH cases USING INDEX" in await plan(connection, by_number)
        history = tables["case_history"]
        lines = select(history).where(history.c.case_id == "1").order_by(history.c.seq)
        told = await plan(connection, lines)
        assert "SEARCH" in told
        assert "TEMP B-TREE" not in told
