"""One case from the draft to the delivery, and what everybody sees of it."""

from collections.abc import Callable
from typing import Any


async def test_a_case_goes_from_the_draft_to_the_delivery(
    cases: Any, on_day: Callable[[str], Any]
) -> None:
    with on_day("2026-04-29"):
        number = await cases.start("draft")
    assert number[:12] == "990102000000"
    assert number[12:20] == "20260429"
    assert len(number) == 30
    with on_day("2026-04-30"):
        submitted = await cases.act(number, "submit", cases.citizen())
        accepted = await cases.act(number, "accept", cases.staff(), note="材料齐全")
    assert submitted.json()["status"] == "submitted"
    assert accepted.json()["due"] == {"promised": "2026-05-18", "statutory": "2026-06-01"}
    with on_day("2026-05-12"):
        decided = await cases.act(
            number, "decide", cases.staff(), outcome="granted", result="准予许可"
        )
        seen = await cases.case(number)
    assert decided.json()["version"] == 4
    assert seen["decision"]["result"] == "准予许可"
    assert seen["applicant"]["known"]["applicant"]["name"] == "王小兰"
    with on_day("2026-05-13"):
        delivered = await cases.act(number, "deliver", cases.staff(), means="electronic")
    assert delivered.json()["status"] == "delivered"
    assert delivered.json()["fits"] == []
