"""Who accepts does not decide, where the item says so; a deputy is both colleagues."""

from typing import Any

import pytest

ITEM = "11990102MB2824177L4000105001000"
GRANTED = {"outcome": "granted", "result": "准予办理"}


@pytest.fixture
def apart(cases: Any) -> Any:
    """The item keeps duties apart."""
    cases.world.items[ITEM]["separate_decision"] = True
    return cases


async def _accepted(cases: Any, by: dict[str, str]) -> str:
    number = str(await cases.start())
    assert (await cases.act(number, "accept", by)).status_code == 200
    return number


async def test_another_officer_decides(apart: Any) -> None:
    first = apart.staff(staff="stf_a", person="psn_a")
    number = await _accepted(apart, first)
    refused = await apart.act(number, "decide", first, **GRANTED)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/separate-duties")
    assert "审受分离" in refused.json()["detail"]
    shown = await apart.http.get(f"/v1/cases/{number}", headers=first)
    assert "decide" not in shown.json()["acts"]
    other = apart.staff("approver", staff="stf_b", person="psn_b")
    assert (await apart.act(number, "decide", other, **GRANTED)).status_code == 200


async def test_another_office_of_the_same_person_is_no_way_round(apart: Any) -> None:
    number = await _accepted(apart, apart.staff(staff="stf_a", person="psn_a"))
    again = apart.staff("approver", staff="stf_other", person="psn_a")
    assert (await apart.act(number, "decide", again, **GRANTED)).status_code == 403


@pytest.mark.parametrize("deputy_accepts", [True, False])
async def test_a_deputy_does_not_stand_on_both_sides(apart: Any, deputy_accepts: bool) -> None:
    absent = apart.staff("approver", staff="stf_a", person="psn_a")
    deputy = apart.staff("approver", staff="stf_b", person="psn_b", in_place_of="stf_a")
    first, second = (deputy, absent) if deputy_accepts else (absent, deputy)
    number = await _accepted(apart, first)
    assert (await apart.act(number, "decide", second, **GRANTED)).status_code == 403


async def test_where_the_item_does_not_say_so_one_officer_does_both(cases: Any) -> None:
    officer = cases.staff(staff="stf_a", person="psn_a")
    number = await _accepted(cases, officer)
    assert (await cases.act(number, "decide", officer, **GRANTED)).status_code == 200


async def test_a_departments_system_does_not_decide_what_it_accepted(apart: Any) -> None:
    number = await _accepted(apart, apart.system())
    assert (await apart.act(number, "decide", apart.system(), **GRANTED)).status_code == 403
    assert (await apart.act(number, "decide", apart.staff(), **GRANTED)).status_code == 200


async def test_the_history_names_the_deputy_and_whose_office_it_was(cases: Any) -> None:
    deputy = cases.staff(staff="stf_b", person="psn_b", in_place_of="stf_a")
    number = await _accepted(cases, deputy)
    history = await cases.http.get(f"/v1/cases/{number}/history", headers=cases.staff())
    line = history.json()["lines"][-1]
    assert (line["actor"], line["facts"]["in_place_of"]) == ("stf_b", "stf_a")
