"""Each act keeps its trace, and who may look into traces is told which it was."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from services.cases.commands.sweep import accept_lapsed

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-00"}


async def lines(cases: Any, number: str, who: dict[str, str]) -> list[dict[str, Any]]:
    answer = await cases.http.get(f"/v1/cases/{number}/history", headers=who)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["lines"])


async def accepted(cases: Any) -> str:
    number = await cases.start()
    answer = await cases.act(number, "accept", {**cases.staff(), **TRACED})
    assert answer.status_code == 200, answer.text
    return str(number)


async def test_officers_and_inspectors_see_which_trace_an_act_left(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await accepted(cases)
    inspector = cases.staff("inspector", department="11990100MB0000001X", region="990100000000")
    for who in (cases.staff(), cases.staff("approver"), inspector):
        seen = await lines(cases, number, who)
        assert seen[-1]["trace_id"] == TRACE
        assert all(len(line["trace_id"]) == 32 for line in seen)
        assert seen[0]["trace_id"] != TRACE


@pytest.mark.parametrize("who", ["citizen", "system", "clerk"])
async def test_applicants_systems_and_clerks_see_none(cases: Any, who: str) -> None:
    number = await accepted(cases)
    headers = cases.staff("clerk") if who == "clerk" else getattr(cases, who)()
    seen = await lines(cases, number, headers)
    assert {line["trace_id"] for line in seen} == {None}
    assert TRACE not in str(seen)


async def test_what_the_clock_does_leaves_a_trace_too(
    cases: Any, on_day: Callable[[str], Any]
) -> None:
    with on_day("2026-03-02"):
        number = await cases.start()
    with on_day("2026-03-10"):
        assert await accept_lapsed(cases.app.state.office) == 1
        last = (await lines(cases, number, cases.staff()))[-1]
    assert (last["act"], len(last["trace_id"])) == ("deem-accepted", 32)


async def test_a_line_of_before_has_no_trace(cases: Any, tables: Any) -> None:
    number = await accepted(cases)
    history = tables["case_history"]
    async with cases.db.write() as tx:
        await tx.execute(history.update().values(trace_id=None))
    async with cases.db.read() as connection:
        assert set((await connection.execute(select(history.c.trace_id))).scalars()) == {None}
    assert {line["trace_id"] for line in await lines(cases, number, cases.staff())} == {None}
