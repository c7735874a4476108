"""What the clock does by itself, once, however many look."""

import asyncio
from collections.abc import Callable
from typing import Any

from services.cases.commands.sweep import accept_lapsed


async def test_silence_for_five_working_days_accepts(
    cases_everywhere: Any, on_day: Callable[[str], Any]
) -> None:
    cases = cases_everywhere
    with on_day("2026-03-02"):
        number = await cases.start()
    with on_day("2026-03-09"):
        assert await accept_lapsed(cases.app.state.office) == 0
    with on_day("2026-03-10"):
        office = cases.app.state.office
        done = await asyncio.gather(*(accept_lapsed(office) for _ in range(5)))
        assert sum(done) == 1
        seen = await cases.case(number)
        history = await cases.http.get(f"/v1/cases/{number}/history", headers=cases.citizen())
    assert seen["status"] == "accepted"
    assert seen["accepted_at"] == seen["received_at"]
    assert seen["due"] == {"promised": "2026-03-16", "statutory": "2026-03-30"}
    last = history.json()["lines"][-1]
    assert (last["act"], last["actor"]) == ("deem-accepted", "clock")
    assert last["facts"] == {"counted_from": "2026-03-02", "deemed": True}


async def test_an_officer_who_comes_too_late_is_told(
    cases: Any, on_day: Callable[[str], Any]
) -> None:
    with on_day("2026-03-02"):
        number = await cases.start()
    with on_day("2026-03-10"):
        words = {"ground": "not_needed", "reasons": "不需要", "remedies": "可复议"}
        refused = await cases.act(number, "refuse", cases.staff(), **words)
        assert refused.status_code == 409
        assert refused.json()["reason"] == "deemed_accepted"
        accepted = await cases.act(number, "accept", cases.staff())
    assert accepted.json()["due"]["promised"] == "2026-03-16"
