"""Finding items by everyday words, and narrowing the list."""

import httpx
import pytest

Demo = list[dict[str, str]]


async def test_nine_of_ten_everyday_phrases_find_their_item_among_three(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    missed = []
    for entry in demo:
        answer = await api.get("/v1/items", params={"q": entry["phrase"], "limit": 3})
        if entry["code"] not in [item["code"] for item in answer.json()["items"]]:
            missed.append(entry["phrase"])
    assert len(missed) <= len(demo) / 10, missed


async def test_a_found_item_says_what_it_is_and_why_it_was_found(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    answer = await api.get("/v1/items", params={"q": "孩子刚出生要上户口"})
    item = answer.json()["items"][0]
    wanted = {
        "code",
        "name",
        "department",
        "region",
        "audience",
        "themes",
        "online_depth",
        "promise",
        "why",
    }
    assert wanted <= set(item)
    assert item["department"].keys() == {"code", "name"}
    assert item["why"]["text"]


async def test_pages_follow_each_other_without_gap_or_repeat(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    for words in ({}, {"q": "登记"}):
        seen: list[str] = []
        cursor = None
        while True:
            params: dict[str, str | int] = {**words, "limit": 7}
            if cursor:
                params["cursor"] = cursor
            page = (await api.get("/v1/items", params=params)).json()
            seen += [item["code"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert len(seen) > 7


async def test_a_region_shows_its_items_and_those_above_but_not_below(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    async def regions(**params: str | bool) -> set[str]:
        answer = await api.get("/v1/items", params={"limit": 100, **params})
        return {item["region"] for item in answer.json()["items"]}

    assert await regions(region="990102") == {"990102000000", "990100000000", "990000000000"}
    assert await regions(region="990100000000") == {"990100000000", "990000000000"}
    assert "990121000000" in await regions(region="990100000000", descendants=True)


async def test_filters_narrow_by_department_audience_theme_and_appliable(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    async def found(**params: str | bool) -> list[dict[str, object]]:
        items: list[dict[str, object]] = (
            await api.get("/v1/items", params={"limit": 100, **params})
        ).json()["items"]
        return items

    everything = await found()
    birth = next(item for item in everything if "出生登记" in str(item["name"]))
    department = birth["department"]["code"]  # type: ignore[index]
    assert {i["department"]["code"] for i in await found(department=department)} == {department}  # type: ignore[index]
    assert all("2" in item["audience"] for item in await found(audience="2"))  # type: ignore[operator]
    assert all("person:010" in i["themes"] for i in await found(theme="person:010"))  # type: ignore[operator]
    assert {item["status"] for item in await found(appliable=True)} == {"published"}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"region": "99"}, 400),
        ({"cursor": "nonsense"}, 400),
        ({"cursor": "WzEsMl0"}, 400),
        ({"limit": "0"}, 422),
        ({"q": "x" * 201}, 422),
        ({"audience": "7"}, 422),
    ],
)
async def test_a_wrong_parameter_is_a_problem_that_says_so(
    api: httpx.AsyncClient, params: dict[str, str], status: int
) -> None:
    answer = await api.get("/v1/items", params=params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


async def test_words_that_nothing_has_give_an_empty_page(
    api: httpx.AsyncClient, demo: Demo
) -> None:
    assert (await api.get("/v1/items", params={"q": "qqqq zzzz"})).json() == {
        "items": [],
        "next": None,
    }
