"""What the department does, and what it has to say with it."""

from typing import Any

import pytest


async def test_a_refusal_to_accept_says_why_and_whom_to_turn_to(cases: Any) -> None:
    number = await cases.start()
    words = {"ground": "not_our_power", "reasons": "不属本机关职权", "remedies": "六十日内可复议"}
    silent = await cases.act(number, "refuse", cases.staff(), **words)
    assert silent.status_code == 422
    done = await cases.act(number, "refuse", cases.staff(), **words, referral="11990102MB0000001T")
    assert done.json()["status"] == "refused"
    decision = (await cases.case(number))["decision"]
    assert decision["reasons"] == "不属本机关职权"
    assert decision["referral"] == "11990102MB0000001T"
    assert decision["remedies"] == "六十日内可复议"


async def test_a_decision_against_the_applicant_names_the_remedies(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "accept", cases.staff())
    bare = await cases.act(number, "decide", cases.staff(), outcome="refused", reasons="不符合")
    assert bare.status_code == 422
    done = await cases.act(
        number, "decide", cases.staff(), outcome="refused", reasons="不符合", remedies="可复议"
    )
    assert done.status_code == 200


async def test_the_departments_own_system_handles_a_case(cases: Any) -> None:
    number = await cases.start()
    assert (await cases.act(number, "accept", cases.system())).status_code == 200
    refused = await cases.act(number, "extend", cases.system(), days=3, reasons="复杂")
    assert refused.json()["reason"] == "not_for_systems"
    history = await cases.http.get(f"/v1/cases/{number}/history", headers=cases.system())
    assert history.json()["lines"][-1]["actor_kind"] == "system"


async def test_an_extension_is_an_approvers(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "accept", cases.staff())
    refused = await cases.act(number, "extend", cases.staff(), days=3, reasons="复杂")
    assert refused.status_code == 403
    assert refused.json()["reason"] == "not_your_role"
    done = await cases.act(number, "extend", cases.staff("approver"), days=3, reasons="复杂")
    assert done.status_code == 200
    again = await cases.act(number, "extend", cases.staff("approver"), days=3, reasons="复杂")
    assert again.json()["reason"] == "already_extended"


async def test_a_special_procedure_has_a_ground_of_the_law(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    await cases.act(number, "accept", cases.staff())
    other = await cases.act(
        number, "suspend", cases.staff(), ground="lunch", days=3, reasons="午休"
    )
    assert other.status_code == 422
    done = await cases.act(
        number, "suspend", cases.staff(), ground="appraisal", days=3, reasons="鉴定"
    )
    assert done.json()["due"] == {"promised": None, "statutory": None}
    clock = (await cases.http.get(f"/v1/cases/{number}/clock", headers=cases.citizen())).json()
    assert clock["standing"]
    assert clock["stops"][0]["told_days"] == 3
    states = {line["kind"]: line["state"] for line in clock["deadlines"]}
    assert states["promised"] == "standing"


async def test_nobody_handles_his_own_case(cases: Any) -> None:
    number = await cases.start()
    own = cases.staff(person="psn_citizen")
    assert (await cases.act(number, "accept", own)).status_code == 404
    assert (await cases.http.get(f"/v1/cases/{number}", headers=own)).status_code == 404
    tasks = await cases.http.get("/v1/tasks", headers=own)
    assert tasks.json()["items"] == []


@pytest.mark.parametrize("act", ["accept", "decide", "deliver"])
async def test_the_applicant_does_nothing_of_the_departments(cases: Any, act: str) -> None:
    number = await cases.start()
    token = cases.tokens.person("psn_citizen", scopes="cases.apply cases.handle")
    body = {"accept": {}, "decide": {"outcome": "granted"}, "deliver": {"means": "post"}}[act]
    answer = await cases.act(number, act, {"Authorization": f"Bearer {token}"}, **body)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "own_case"


async def test_an_applicant_withdraws_until_the_decision(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "accept", cases.staff())
    done = await cases.act(number, "withdraw", cases.citizen(), reasons="不需要了")
    assert done.json()["status"] == "withdrawn"
    refused = await cases.act(number, "decide", cases.staff(), outcome="granted")
    assert refused.status_code == 409
    assert refused.json()["allowed"] == []
