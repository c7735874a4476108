"""提交申请 with sources that answer, differ or are silent."""

from typing import Any

import pytest

from tests.support.tokens import TokenMaker


async def test_values_of_sources_are_filled_in_and_vouched_for(cases: Any, world: Any) -> None:
    number = await cases.start(form={"shop": "小馆", "id_number": "9901**********1234"})
    seen = await cases.case(number)
    assert seen["form"] == {
        "shop": "小馆",
        "name": "王小兰",
        "id_number": "990102199001011234",
        "household": "南湖区一号",
    }
    assert {mark["state"] for mark in seen["provenance"].values()} == {"authoritative"}
    assert seen["provenance"]["household"]["call"] == "cal_1"
    query = next(asked for what, asked in world.asked if what == "query")
    assert query["key"] == {"person": "psn_citizen"}
    assert query["case"] == number
    party = next(asked for what, asked in world.asked if what == "party")
    assert party["purpose"] == "case"
    assert party["case"] == number


async def test_a_source_that_is_down_stops_no_case(cases: Any, world: Any) -> None:
    world.down.add("exchange")
    number = await cases.start(form={"shop": "小馆", "household": "南湖区二号"})
    seen = await cases.case(number, cases.staff())
    assert seen["form"]["household"] == "南湖区二号"
    assert seen["provenance"]["household"] == {
        "state": "self_declared",
        "source": "population/household",
        "reason": "source_unavailable",
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "户籍地址是遮盖后的值"), ("en", "户籍地址 is masked, and its source")],
)
async def test_a_covered_value_of_a_source_that_is_down_is_not_kept(
    cases: Any, world: Any, language: str, words: str
) -> None:
    world.down.add("exchange")
    number = await cases.start("draft", form={"shop": "小馆", "household": "南湖*一号"})
    citizen = cases.citizen() | {"Accept-Language": language}
    refused = await cases.act(number, "submit", citizen)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/form/household", "masked")
    assert error["detail"].startswith(words)
    assert (await cases.case(number))["status"] == "draft"
    world.down.clear()
    assert (await cases.act(number, "submit", citizen)).status_code == 200
    assert (await cases.case(number))["form"]["household"] == "南湖区一号"


async def test_identity_that_is_down_stops_no_case(cases: Any, world: Any) -> None:
    from services.cases.commands.sweep import identify_applicants

    world.down.add("identity")
    number = await cases.start(form={"shop": "小馆", "id_number": "9901**********1234"})
    before = await cases.case(number)
    assert before["applicant"]["pending"]
    assert before["provenance"]["name"]["state"] == "pending"
    office, sources = cases.app.state.office, cases.app.state.sources
    assert await identify_applicants(office, sources) == 0
    world.down.clear()
    assert await identify_applicants(office, sources) == 1
    assert await identify_applicants(office, sources) == 0
    after = await cases.case(number)
    assert after["applicant"]["known"]["applicant"]["name"] == "王小兰"
    assert after["form"]["id_number"] == "990102199001011234"
    assert after["provenance"]["id_number"]["state"] == "authoritative"
    assert after["version"] == before["version"] + 1


async def test_an_agent_applies_for_an_organisation(cases: Any, world: Any) -> None:
    agent = cases.citizen("psn_agent", acting_for="org_shop", items=["psn", "none"])
    body = {"item": "11990102MB2824177L4000105001000", "form": {"shop": "小馆"}}
    refused = await cases.http.post("/v1/cases", json=body, headers=agent)
    assert refused.status_code == 403
    assert refused.json()["reason"] == "outside_delegation"
    agent = cases.citizen("psn_agent", acting_for="org_shop", items=[body["item"]])
    started = await cases.http.post("/v1/cases", json=body | {"status": "submitted"}, headers=agent)
    assert started.status_code == 201, started.text
    seen = await cases.case(started.json()["number"], agent)
    assert seen["applicant"]["id"] == "org_shop"
    assert seen["applicant"]["known"]["agent"]["name"] == "李代办"
    assert seen["applicant"]["known"]["applicant"]["org_name"] == "云州小馆"
    assert seen["form"]["name"] == "李代办"
    query = next(asked for what, asked in world.asked if what == "query")
    assert query["key"] == {"organisation": "org_shop"}


async def test_an_unfinished_form_is_kept_as_a_draft_and_not_submitted(cases: Any) -> None:
    number = await cases.start("draft", form={})
    refused = await cases.act(number, "submit", cases.citizen())
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/form/shop"]
    changed = await cases.http.put(
        f"/v1/cases/{number}/form",
        json={"form": {"shop": "小馆"}},
        headers=cases.citizen() | {"If-Match": '"1"'},
    )
    assert changed.json()["version"] == 2
    assert changed.headers["etag"] == '"2"'
    assert (await cases.act(number, "submit", cases.citizen())).status_code == 200


async def test_errors_are_told_in_the_readers_language(cases: Any) -> None:
    headers = cases.citizen() | {"Accept-Language": "en"}
    body = {"item": "11990102MB2824177L4000105001000", "status": "submitted", "form": {}}
    refused = await cases.http.post("/v1/cases", json=body, headers=headers)
    assert refused.json()["errors"][0]["detail"] == "Shop name is missing."


async def test_a_login_that_is_not_sure_enough_has_to_step_up(cases: Any) -> None:
    body = {"item": "11990102MB2824177L4000105001000"}
    weak = cases.citizen(level=1)
    refused = await cases.http.post("/v1/cases", json=body, headers=weak)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/problems/step-up-required")
    assert refused.json()["level"] == 2
    number = await cases.start("draft")
    refused = await cases.act(number, "submit", weak)
    assert refused.json()["type"].endswith("/problems/step-up-required")


async def test_nobody_applies_at_his_desk(cases: Any) -> None:
    tokens: TokenMaker = cases.tokens
    token = tokens.staff("stf_1", scopes="cases.apply cases.handle")
    answer = await cases.http.post(
        "/v1/cases",
        json={"item": "11990102MB2824177L4000105001000"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 403
    assert answer.json()["reason"] == "not_an_applicant"


@pytest.mark.parametrize("scopes", ["cases.read", "cases.handle"])
async def test_a_token_without_the_scope_opens_nothing(cases: Any, scopes: str) -> None:
    token = cases.tokens.person("psn_citizen", scopes=scopes)
    answer = await cases.http.post(
        "/v1/cases", json={"item": "X"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 403
    assert (await cases.http.post("/v1/cases", json={"item": "X"})).status_code == 401
