"""Asking a department: what comes back, and what is written down whatever comes of it."""

from datetime import timedelta
from typing import Any

from shared import clock
from tests.support.exchange import (
    BIRTH,
    CASE,
    CERTIFICATE,
    CITIZEN,
    NUMBER,
    SHOP,
    Exchange,
)


async def test_a_citizen_gets_what_the_department_knows_and_where_it_comes_from(
    exchange: Exchange,
) -> None:
    answer = await exchange.ask(case=CASE)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["values"] == {"ethnicity": "汉族"}
    source = body["source"]
    assert source["resource"] == "population/household"
    assert source["owner"] == "11990100MB2865569R"
    assert "809" in source["basis"]
    assert source["call"].startswith("cal_")
    assert answer.headers["cache-control"] == "no-store"
    assert exchange.identity.asked == [{"purpose": "exchange", "fields": "id_number", "case": CASE}]


async def test_who_names_no_fields_gets_those_that_the_permit_gives(exchange: Exchange) -> None:
    answer = await exchange.ask(CERTIFICATE, fields=None)
    assert set(answer.json()["values"]) == {
        "child_name",
        "child_gender",
        "child_birth_date",
        "birth_certificate_number",
        "hospital",
        "mother_name",
        "father_name",
    }
    assert answer.json()["values"]["child_name"] == "李沐禾"


async def test_every_call_is_a_row_with_evidence_access_log_and_event(
    exchange_everywhere: Exchange,
) -> None:
    exchange = exchange_everywhere
    call = (await exchange.ask(case=CASE)).json()["source"]["call"]
    (row,) = await exchange.rows("calls")
    (evidence,) = [e for e in await exchange.rows("evidence_rows") if e.id == row.evidence]
    (access,) = await exchange.rows("access_log")
    assert (row.id, row.outcome, row.client, row.party) == (call, "answered", "portal", CITIZEN)
    assert row.case_number == CASE
    assert row.latency_ms >= 0
    assert f'"subject":"{call}"' in evidence.row
    assert '"personal":{"answer":"' in evidence.row
    assert (access.subject_id, access.fields, access.purpose) == (
        CITIZEN,
        ["ethnicity"],
        "prefill",
    )
    assert await _told(exchange, call) == "answered"


async def test_what_no_permit_covers_is_denied_with_a_reason_and_written_down(
    exchange: Exchange,
) -> None:
    denials: list[tuple[dict[str, Any], str]] = [
        ({"item": "11990102MB2824177L4000123006001"}, "item_not_permitted"),
        ({"item": None}, "item_not_permitted"),
        ({"fields": ["ethnicity", "marital_status"]}, "fields_not_permitted"),
        ({"purpose": "curiosity"}, "unknown_purpose"),
        ({"purpose": "case"}, "purpose_not_permitted"),
        ({"key": {"person": "psn_somebody"}}, "not_your_data"),
        ({"key": {"organisation": SHOP}}, "not_your_data"),
    ]
    for number, (changes, reason) in enumerate(denials, 1):
        answer = await exchange.ask(**changes)
        assert (answer.status_code, answer.json()["reason"]) == (403, reason)
        row = max(await exchange.rows("calls"), key=lambda one: one.id)
        assert (row.outcome, row.reason) == ("denied", reason)
        assert any(e.id == row.evidence for e in await exchange.rows("evidence_rows"))
        assert len(await exchange.rows("access_log")) == number
        assert await _told(exchange, row.id) == "denied"
    assert await exchange.rows("answers") == []
    assert exchange.identity.asked == []


async def test_a_revoked_permit_opens_nothing_from_that_moment(exchange: Exchange) -> None:
    owner = exchange.officer("11990100MB2865569R")
    assert (await exchange.ask()).status_code == 200
    permits = await exchange.http.get(
        "/v1/permits", params={"resource": "population/household", "limit": 100}, headers=owner
    )
    for permit in permits.json()["items"]:
        if BIRTH in permit["items"] and permit["consumer"]["client"] == "*":
            path = f"/v1/permits/{permit['id']}/revoke"
            done = await exchange.http.post(path, json={"ground": "到期复核"}, headers=owner)
            assert done.status_code == 200
    denied = await exchange.ask()
    assert (denied.status_code, denied.json()["reason"]) == (403, "item_not_permitted")


async def test_an_expired_permit_opens_nothing(exchange: Exchange) -> None:
    with clock.at(clock.now() + timedelta(days=20 * 365)):
        denied = await exchange.ask()
    assert (denied.status_code, denied.json()["reason"]) == (403, "permit_expired")


async def test_cases_asks_for_the_person_under_its_own_permit(exchange: Exchange) -> None:
    acting = exchange.citizen(act=["cases"], client_id="cases")
    answer = await exchange.ask(who=acting, purpose="case", case=CASE)
    assert answer.status_code == 200, answer.text
    (row,) = await exchange.rows("calls")
    assert (row.client, row.caller) == ("cases", CITIZEN)


async def test_a_representative_asks_for_the_organisation_within_the_delegation(
    exchange: Exchange,
) -> None:
    item = "11990102MB3651976H4000131006001"
    asked = {
        "key": {"organisation": SHOP},
        "item": item,
        "fields": ["legal_representative"],
    }
    path = "/v1/resources/market.enterprise/query"
    for items, status in ((None, 200), ([item], 200), (["000131006001"], 200), (["other"], 403)):
        who = exchange.citizen(acting_for=SHOP, items=items)
        answer = await exchange.ask(path, who, **asked)
        assert answer.status_code == status, (items, answer.text)
    assert answer.json()["reason"] == "outside_delegation"


async def test_who_is_not_on_record_gets_a_404_that_says_so(exchange: Exchange) -> None:
    exchange.identity.numbers[CITIZEN] = "990102200001010000"
    for who, key in (
        (exchange.citizen(), {"person": CITIZEN}),
        (exchange.citizen("psn_unknown"), {"person": "psn_unknown"}),
        (exchange.citizen(acting_for=SHOP), {"organisation": SHOP}),
    ):
        answer = await exchange.ask(who=who, key=key)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/no-record")
    assert [row.outcome for row in await exchange.rows("calls")] == ["no_record"] * 3


async def test_an_identity_number_is_no_key(exchange: Exchange) -> None:
    for key in ({"person": NUMBER}, {"id_number": NUMBER}, {}, {"person": CITIZEN, "x": 1}):
        assert (await exchange.ask(key=key)).status_code == 422
    # Nor does it get into the call, its event and its evidence in the place of a case number.
    for case in (NUMBER, f"{CASE}-{NUMBER}", "-"):
        assert (await exchange.ask(case=case)).status_code == 422
    assert await exchange.rows("calls") == []


async def test_unknown_resources_and_fields_are_named(exchange: Exchange) -> None:
    unknown = await exchange.ask("/v1/resources/population.secrets/query")
    assert unknown.status_code == 404
    assert unknown.json()["type"].endswith("/resource-not-found")
    field = await exchange.ask(fields=["ethnicity", "salary"])
    assert field.status_code == 422
    assert "salary" in field.json()["errors"][0]["detail"]


async def test_nobody_asks_without_a_token_and_the_scope(exchange: Exchange) -> None:
    assert (await exchange.ask(who={"X": "y"})).status_code == 401
    token = exchange.tokens.person(
        CITIZEN, scopes="cases.apply", aud=[f"{exchange.tokens.base}/api/exchange"]
    )
    answer = await exchange.ask(who={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


async def test_a_desk_does_not_look_people_up_by_itself(exchange: Exchange) -> None:
    answer = await exchange.ask(who=exchange.officer())
    assert (answer.status_code, answer.json()["reason"]) == (403, "desk_asks_as_system")


async def _told(exchange: Exchange, call: str) -> str:
    """The outcome in the call's event, as the department that owns the data sees it."""
    (event,) = await exchange.follow(
        "11990100MB2865569R", "tongban.exchange.data_called.v1", subject=call
    )
    return str(event["data"]["outcome"])
