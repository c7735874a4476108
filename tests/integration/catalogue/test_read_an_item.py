"""Reading an item's guide, form and versions."""

import httpx
from fastapi import FastAPI

from services.catalogue.store import Items

BIRTH = "11990102MB2906957H4000709001001"


async def test_the_guide_has_what_the_law_asks_for(api: httpx.AsyncClient, demo: object) -> None:
    item = (await api.get(f"/v1/items/{BIRTH}")).json()
    assert item["guide"]["conditions"]
    assert item["guide"]["flow"]
    assert item["guide"]["basis"]
    assert item["materials"]
    assert item["has_form"] is True


async def test_the_form_is_a_schema_with_where_fields_are_filled_from(
    api: httpx.AsyncClient, demo: object
) -> None:
    form = (await api.get(f"/v1/items/{BIRTH}/form")).json()
    assert form["version"] == 1
    assert any("x-prefill" in field for field in form["schema"]["properties"].values())


async def test_a_base_code_finds_the_item_too(api: httpx.AsyncClient, demo: object) -> None:
    item = (await api.get(f"/v1/items/{BIRTH[-12:]}")).json()
    assert item["code"].endswith(BIRTH[-12:])


async def test_an_unknown_code_is_a_problem(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/items/NOTHING")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/problems/item-not-found")


async def test_problems_speak_the_language_that_is_asked_for(api: httpx.AsyncClient) -> None:
    english = await api.get("/v1/items/NOTHING", headers={"Accept-Language": "en"})
    assert english.json()["title"] == "There is no such item"
    assert (await api.get("/v1/items/NOTHING")).json()["title"] == "没有这个事项"


async def test_a_version_stays_as_it_was_when_the_next_one_comes(
    app: FastAPI, api: httpx.AsyncClient, demo: object
) -> None:
    state = app.state
    async with state.runtime.db.write() as tx:
        old = (await Items(tx).find(BIRTH)).item  # type: ignore[union-attr]
        await state.publishing.item(tx, {**old, "promise_days": 2}, "test")
    first = (await api.get(f"/v1/items/{BIRTH}/versions/1")).json()
    second = (await api.get(f"/v1/items/{BIRTH}/versions/2")).json()
    assert first["item"]["promise_days"] == old["promise_days"]
    assert second["item"]["promise_days"] == 2
    assert (await api.get(f"/v1/items/{BIRTH}")).json()["version"] == 2
    assert (await api.get(f"/v1/items/{BIRTH}/versions/3")).status_code == 404
