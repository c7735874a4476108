"""Publishing and withdrawing items by API."""

import json
from typing import Any

import httpx
import pytest

from tests.support.tokens import TokenMaker

DEPARTMENT = "11990102MB2906957H"
BIRTH = f"{DEPARTMENT}4000709001001"


def editor(
    tokens: TokenMaker, role: str = "catalogue_editor", department: str = DEPARTMENT
) -> dict[str, str]:
    token = tokens.staff(
        scopes="catalogue.manage", department=department, region="990102000000", roles=[role]
    )
    return {"Authorization": f"Bearer {token}"}


async def full(api: httpx.AsyncClient) -> dict[str, Any]:
    item: dict[str, Any] = (await api.get(f"/v1/items/{BIRTH}/versions/1")).json()["item"]
    return item


async def test_an_editor_publishes_the_next_version_of_the_own_department(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    item = await full(api) | {"promise_days": 1}
    answer = await api.post("/v1/items", json=item, headers=editor(tokens))
    assert answer.status_code == 201, answer.text
    assert answer.json()["version"] == 2


async def test_the_same_content_again_makes_no_new_version(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    answer = await api.post("/v1/items", json=await full(api), headers=editor(tokens))
    assert answer.json()["version"] == 1


async def test_an_editor_of_another_department_is_refused(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    stranger = editor(tokens, department="11990102MB2825561L")
    answer = await api.post("/v1/items", json=await full(api), headers=stranger)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "other_department"


async def test_nobody_takes_another_departments_item_over_by_naming_his_own(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    other = "11990100MB278278XC"
    item = await full(api) | {"department": other}
    answer = await api.post("/v1/items", json=item, headers=editor(tokens, department=other))
    assert (answer.status_code, answer.json()["reason"]) == (403, "other_department")
    moved = await api.post("/v1/items", json=item, headers=editor(tokens, "coordinator"))
    assert moved.status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [{"version": 2**40}, {"promise_days": 10**30}, {"guide": {"flow": 2**60}}, {"x": [[-(2**53)]]}],
)
async def test_numbers_that_cannot_be_kept_are_refused(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker, wrong: dict[str, Any]
) -> None:
    item = await full(api) | wrong
    answer = await api.post("/v1/items", json=item, headers=editor(tokens))
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{name}" for name in wrong]


async def test_a_number_that_is_none_is_refused(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    body = json.dumps(await full(api) | {"x": float("nan")})
    headers = editor(tokens) | {"Content-Type": "application/json"}
    assert (await api.post("/v1/items", content=body, headers=headers)).status_code == 422


async def test_staff_without_the_role_are_refused(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    answer = await api.post("/v1/items", json=await full(api), headers=editor(tokens, "officer"))
    assert answer.status_code == 403


async def test_nobody_publishes_without_a_token(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/items", json={})
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["www-authenticate"]


async def test_a_broken_item_is_refused_with_every_flaw(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    item = await full(api) | {"name": "", "promise_days": 999}
    answer = await api.post("/v1/items", json=item, headers=editor(tokens))
    assert answer.status_code == 422
    assert {"/name", "/promise_days"} <= {e["pointer"] for e in answer.json()["errors"]}


async def test_a_repeated_key_gives_the_first_answer_and_one_version(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    item = await full(api) | {"promise_days": 1}
    headers = editor(tokens) | {"Idempotency-Key": "once"}
    first = await api.post("/v1/items", json=item, headers=headers)
    again = await api.post("/v1/items", json=item, headers=headers)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/items", json=item | {"promise_days": 2}, headers=headers)
    assert other.status_code == 422


async def test_a_withdrawn_item_is_not_found_but_its_versions_stay(
    api: httpx.AsyncClient, demo: object, tokens: TokenMaker
) -> None:
    answer = await api.post(f"/v1/items/{BIRTH}/withdraw", headers=editor(tokens))
    assert answer.status_code == 200
    assert (await api.get(f"/v1/items/{BIRTH}")).status_code == 404
    assert (await api.get(f"/v1/items/{BIRTH}/versions/1")).status_code == 200
