"""Logging in, staying logged in, logging out."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared import clock
from tests.support.portal_gateway import BASE


async def begin(browser: Any, path: str = "/login?next=/me") -> dict[str, str]:
    """The authorization request of a login that begins."""
    answer = await browser.get(path)
    return {name: values[0] for name, values in parse_qs(
        urlsplit(answer.headers["location"]).query).items()}  # fmt: skip


async def test_a_page_for_oneself_leads_through_the_login_and_back(browser: Any) -> None:
    page = await browser.visit("/me")
    assert page.url.path == "/me"
    assert "张若溪" in page.text


async def test_the_request_has_what_a_sound_client_sends(browser: Any) -> None:
    asked = await begin(browser)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{BASE}/auth/callback"
    assert asked["scope"].split()[0] == "openid"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_the_desk_asks_for_staff_and_not_for_a_citizens_rights(browser: Any) -> None:
    asked = await begin(browser, "/desk/login")
    assert {"staff", "cases.handle"} <= set(asked["scope"].split())
    assert "cases.apply" not in asked["scope"]


async def test_switching_for_whom_one_acts_is_a_new_request(browser: Any) -> None:
    assert (await begin(browser, "/login?switch=1"))["prompt"] == "consent"


async def test_the_login_pages_go_on_in_the_language_and_letters_of_the_portal(
    browser: Any,
) -> None:
    assert (await begin(browser)).items() >= {"ui_locales": "zh-CN", "view": "plain"}.items()
    browser.cookies.set("tongban_language", "en")
    browser.cookies.set("tongban_elder", "1")
    assert (await begin(browser)).items() >= {"ui_locales": "en", "view": "elder"}.items()


async def test_a_post_without_the_right_is_told_whose_desk_it_is(
    browser: Any, gateway: Any
) -> None:
    gateway.scope = "openid staff identity.self cases.read"
    page = await browser.visit("/desk")
    assert page.status_code == 403
    assert "您登录的岗位没有这项权限" in page.text
    assert "cases.handle" not in page.text
    assert "/desk/login?next=/desk&amp;again=1" in page.text


@pytest.mark.parametrize("path", ["/me", "/me/data"])
async def test_a_login_that_ended_elsewhere_leads_to_a_new_one(
    browser: Any, gateway: Any, path: str
) -> None:
    await browser.visit(path)
    gateway.revoke_tokens(login_over=True)
    assert (await browser.get(path)).headers["location"] == path
    assert (await browser.get(path)).headers["location"] == f"/login?next={path}"


async def test_the_home_page_forgets_a_login_that_ended_elsewhere(
    browser: Any, gateway: Any
) -> None:
    await browser.visit("/login")
    gateway.revoke_tokens(login_over=True)
    page = await browser.visit("/")
    assert page.status_code == 200
    assert 'data-testid="login"' in page.text


async def test_a_token_that_is_refused_alone_is_renewed_and_nobody_is_sent_round(
    browser: Any, gateway: Any
) -> None:
    await browser.visit("/me")
    gateway.revoke_tokens(login_over=False)
    refused = await browser.get("/me")
    assert refused.status_code == 503
    assert "令牌" not in refused.text
    assert (await browser.get("/me")).status_code == 200


async def test_the_secret_of_the_browser_changes_with_the_login(browser: Any) -> None:
    await browser.visit("/")
    before = browser.cookies["tongban_portal"]
    await browser.visit("/login")
    assert browser.cookies["tongban_portal"] != before


async def test_the_cookie_is_for_this_site_alone(browser: Any) -> None:
    cookie = (await browser.get("/")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize("change", ["other browser", "state", "iss", "used"])
async def test_an_answer_that_is_not_ours_is_refused(
    browser: Any, open_browser: Any, gateway: Any, change: str
) -> None:
    asked = await begin(browser)
    gateway.codes["code"] = asked
    query = {"state": asked["state"], "code": "code", "iss": f"{BASE}/identity"}
    if change in ("state", "iss"):
        query[change] = "https://evil.example"
    if change == "used":
        await browser.get("/auth/callback", params={**query, "error": "access_denied"})
    visitor = open_browser() if change == "other browser" else browser
    answer = await visitor.get("/auth/callback", params=query)
    assert answer.status_code == 403
    assert "没有登录成功" in answer.text
    assert (await browser.get("/me")).is_redirect


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"},
        {"exp": 1}, {"iat": 32503680000}, {"sub": ""}, {"azp": "another"}, {"at_hash": "x"},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
async def test_an_id_token_that_does_not_fit_is_refused(
    browser: Any, gateway: Any, changes: dict[str, Any]
) -> None:
    gateway.changes = changes
    page = await browser.visit("/me")
    assert page.status_code == 403
    assert "没有给出可信的结果" in page.text


async def test_who_cancels_is_told_and_may_begin_anew(browser: Any, gateway: Any) -> None:
    gateway.refuses_login = True
    page = await browser.visit("/me")
    assert page.status_code == 403
    assert "/login?next=/me&amp;again=1" in page.text


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_the_login_leads_nowhere_else(browser: Any, target: str) -> None:
    page = await browser.visit(f"/login?next={target}")
    assert str(page.url) == f"{BASE}/"


async def test_a_token_is_renewed_before_it_ends(browser: Any, gateway: Any) -> None:
    await browser.visit("/me")
    with clock.at(clock.now() + timedelta(seconds=290)):
        page = await browser.visit("/me")
    assert page.status_code == 200
    grants = [body["grant_type"] for _, path, body in gateway.calls if path.endswith("/token")]
    assert grants == ["authorization_code", "refresh_token"]


async def test_after_logging_out_nothing_opens(browser: Any) -> None:
    page = await browser.visit("/me")
    secret = browser.cookies["tongban_portal"]
    left = await browser.post("/logout", data={"_csrf": _token(page)})
    assert left.headers["location"].startswith(f"{BASE}/identity/end_session?")
    browser.cookies.set("tongban_portal", secret, domain="localhost.local", path="/")
    assert (await browser.get("/me")).headers["location"].startswith("/login")


def _token(page: Any) -> str:
    text: str = page.text
    return text.split('name="_csrf" value="')[1].split('"', maxsplit=1)[0]
