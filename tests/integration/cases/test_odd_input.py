"""Input that no honest client sends is refused in words, on both databases."""

from typing import Any

import pytest

ITEM = "11990102MB2824177L4000105001000"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("code", ["../versions", "a/b", "", "x" * 65, "é", "a\\u0000"])
async def test_a_code_that_is_none_is_refused(cases: Any, code: str) -> None:
    answer = await cases.http.post(
        "/v1/cases", content=f'{{"item": "{code}"}}', headers=cases.citizen() | JSON
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/item"


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\u202e"])
async def test_odd_characters_are_kept_or_refused(cases_everywhere: Any, text: str) -> None:
    cases = cases_everywhere
    body = f'{{"item": "{ITEM}", "form": {{"shop": "a{text}"}}, "status": "submitted"}}'
    answer = await cases.http.post("/v1/cases", content=body, headers=cases.citizen() | JSON)
    assert answer.status_code in (201, 400, 422), answer.text
    named = f'{{"item": "{ITEM}", "form": {{"{text}": 1}}}}'
    answer = await cases.http.post("/v1/cases", content=named, headers=cases.citizen() | JSON)
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("number", ["%00", "x" * 30, "9" * 29, "9" * 29 + "%E4"])
async def test_what_is_no_number_is_not_looked_up(cases_everywhere: Any, number: str) -> None:
    headers = cases_everywhere.citizen()
    answer = await cases_everywhere.http.get(f"/v1/cases/{number}", headers=headers)
    assert answer.status_code == 422
    answer = await cases_everywhere.http.post(f"/v1/cases/{number}/submit", headers=headers)
    assert answer.status_code == 422


async def test_a_cursor_with_odd_characters_is_refused(cases_everywhere: Any) -> None:
    from shared.web import encode_cursor

    cursor = encode_cursor(["\x00"])
    answer = await cases_everywhere.http.get(
        f"/v1/cases?cursor={cursor}", headers=cases_everywhere.citizen()
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("field", ["status_now", "number", "applicant", "version"])
async def test_what_is_ours_to_set_is_refused(cases: Any, field: str) -> None:
    body = {"item": ITEM, field: "psn_other"}
    answer = await cases.http.post("/v1/cases", json=body, headers=cases.citizen())
    assert answer.status_code == 422


async def test_an_applicant_cannot_claim_a_window(cases: Any) -> None:
    body = {"item": ITEM, "channel": "002"}
    answer = await cases.http.post("/v1/cases", json=body, headers=cases.citizen())
    assert answer.status_code == 422


async def test_a_number_without_end_is_refused(cases: Any) -> None:
    body = f'{{"item": "{ITEM}", "form": {{"seats": {"9" * 30}}}}}'
    answer = await cases.http.post("/v1/cases", content=body, headers=cases.citizen() | JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/form"
