"""What holds for every page: policy, tokens of forms, languages, and parts that are away."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.portal.queries.problems import Problems

PUBLIC = ["/", "/search", "/search?q=孩子刚出生", "/items/item-1", "/items/item-2", "/departments",
          "/themes", "/people", "/business", "/elder", "/help"]  # fmt: skip
LISTED = json.loads(Path("contracts/problems.json").read_text("utf-8"))["problems"]
CHOICES = [("/language", "language", "en"), ("/elder", "elder", "1")]


def token(page: Any) -> str:
    text: str = page.text
    return text.split('name="_csrf" value="')[1].split('"', maxsplit=1)[0]


@pytest.mark.parametrize("path", PUBLIC)
async def test_a_page_has_one_heading_a_title_and_a_strict_policy(browser: Any, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert " - 一网通办</title>" in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "field", "value"), CHOICES)
async def test_a_form_from_elsewhere_is_refused(
    browser: Any, path: str, field: str, value: str
) -> None:
    page = await browser.get("/")
    for data in ({field: value}, {field: value, "_csrf": "1." + "0" * 32}):
        assert (await browser.post(path, data=data)).status_code == 403
    sent = {"data": {field: value, "_csrf": token(page)}}
    crossed = await browser.post(path, **sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    assert (await browser.post(path, **sent)).status_code == 303


async def test_a_token_is_good_in_its_own_browser_only(browser: Any, open_browser: Any) -> None:
    page = await browser.get("/")
    other = open_browser()
    await other.get("/")
    assert (await other.post("/elder", data={"_csrf": token(page)})).status_code == 403


async def test_the_choice_of_language_stays_and_leads_back(browser: Any) -> None:
    page = await browser.get("/help")
    answer = await browser.post(
        "/language", data={"_csrf": token(page), "language": "en", "next": "/help"}
    )
    assert answer.headers["location"] == "/help"
    english = await browser.get("/help")
    assert '<html lang="en"' in english.text
    assert "Need help?" in english.text


async def test_a_choice_leads_nowhere_else(browser: Any) -> None:
    page = await browser.get("/")
    data = {"_csrf": token(page), "elder": "1", "next": "//evil.example"}
    assert (await browser.post("/elder", data=data)).headers["location"] == "/"


async def test_large_letters_stay(browser: Any) -> None:
    page = await browser.get("/")
    await browser.post("/elder", data={"_csrf": token(page), "elder": "1"})
    assert 'class="elder"' in (await browser.get("/themes")).text


async def test_the_results_say_why_they_match(browser: Any) -> None:
    page = await browser.get("/search?q=孩子刚出生")
    assert 'data-testid="first-result">出生登记' in page.text
    assert "因为常用说法里有" in page.text


async def test_while_typing_only_the_suggestions_come(browser: Any) -> None:
    page = await browser.get(
        "/search?q=孩子刚出生", headers={"HX-Request": "true", "HX-Target": "suggestions"}
    )
    assert "出生登记" in page.text
    assert "<html" not in page.text


async def test_a_search_without_results_says_what_to_do(browser: Any) -> None:
    page = await browser.get("/search?q=飞到月球")
    assert "没有找到" in page.text
    assert "换个说法" in page.text


@pytest.mark.parametrize(
    ("down", "path", "status", "words"),
    [
        ("catalogue", "/", 200, "事项目录暂时连不上"),
        ("catalogue", "/search?q=出生", 200, "事项目录暂时连不上"),
        ("catalogue", "/items/item-1", 503, "这一部分暂时连不上"),
        ("cases", "/me", 200, "办件系统暂时连不上"),
        ("identity", "/me/data", 200, "记录暂时取不到"),
    ],
)
async def test_what_is_away_says_so_and_the_rest_works(
    browser: Any, gateway: Any, down: str, path: str, status: int, words: str
) -> None:
    await browser.visit("/login?next=/help")
    gateway.down.add(down)
    page = await browser.visit(path)
    assert page.status_code == status
    assert words in page.text
    assert "需要帮忙吗？" in page.text


@pytest.mark.parametrize(
    "path", ["/nope", "/problems/nope", "/items/none", "/me/cases/x%20y", "/desk/cases/-/-/-"]
)
async def test_what_is_not_there_is_a_page_with_a_code(browser: Any, path: str) -> None:
    page = await browser.visit(path)
    assert page.status_code == 404
    assert "报这个编号" in page.text
    assert "tel:12345" in page.text


async def test_static_files_may_be_kept_for_ever(browser: Any) -> None:
    page = await browser.get("/static/tokens.css")
    assert "immutable" in page.headers["cache-control"]


async def test_the_process_says_that_it_lives(browser: Any) -> None:
    assert (await browser.get("/healthz")).json() == {"status": "ok"}
    assert (await browser.get("/readyz")).status_code == 200


async def test_every_type_of_error_leads_to_what_it_means(browser: Any) -> None:
    assert LISTED
    for one in LISTED:
        page = await browser.get(f"/problems/{one['slug']}")
        assert page.status_code == 200
        assert f">{one['title']['zh']}</h1>" in page.text
        assert one["remedy"]["zh"] in page.text
        assert f">{one['status']}<" in page.text


async def test_an_error_is_explained_in_english_too(browser: Any) -> None:
    browser.cookies.set("tongban_language", "en")
    page = await browser.get("/problems/item-not-found")
    wanted = next(one for one in LISTED if one["slug"] == "item-not-found")
    assert wanted["title"]["en"] in page.text
    assert wanted["remedy"]["en"] in page.text


@pytest.mark.parametrize("text", [None, "", "[]", '{"problems": [1]}'])
def test_an_installation_without_the_list_of_errors_knows_none(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "problems.json").write_text(text)
    assert Problems(tmp_path / "problems.json").find("not-found") is None
