"""The response mode form_post: a form for the client alone, which needs no script."""

import base64
import hashlib
import re
from html import unescape

import httpx

from tests.support.identity import CALLBACK, ISSUER, PASSWORD, Browser, World, returned
from tests.support.relying_party import BACK, RelyingParty


async def test_the_code_comes_in_a_form_with_state_and_issuer(
    browser: Browser, world: World
) -> None:
    page = await browser.log_in("citizen", response_mode="form_post")
    assert page.status_code == 200
    action, told = _form(page)
    assert action == CALLBACK
    assert (told["state"], told["iss"]) == ("the-state", ISSUER)
    assert '<button class="button" type="submit">' in page.text
    assert (await world.token(browser.redemption(told["code"]))).status_code == 200


async def test_its_policy_allows_its_one_script_and_the_client(browser: Browser) -> None:
    page = await browser.log_in("citizen", response_mode="form_post")
    (script,) = re.findall(r"<script>(.*?)</script>", page.text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = page.headers["content-security-policy"].split("; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "form-action http://localhost:8000" in policy
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_errors_come_in_a_form_too(browser: Browser) -> None:
    for changes, error in (
        ({"prompt": "none"}, "login_required"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
    ):
        page = await browser.authorize(response_mode="form_post", **changes)
        action, told = _form(page)
        assert (action, told["error"], told["iss"]) == (CALLBACK, error, ISSUER)
    page = await browser.authorize(response_mode="form_post")
    left = await browser.http.get(page.url.path.replace("/login/", "/cancel/"))
    assert _form(left)[1]["error"] == "access_denied"


async def test_what_the_client_sent_cannot_break_out_of_the_form(browser: Browser) -> None:
    state = '"><script>alert(1)</script>'
    page = await browser.authorize(response_mode="form_post", prompt="none", state=state)
    assert _form(page)[1]["state"] == state
    assert page.text.count("<script>") == 1


async def test_a_mode_that_does_not_exist_is_told_in_the_query(browser: Browser) -> None:
    for mode in ("fragment", "web_message", "query.jwt", "FORM_POST"):
        told = returned(await browser.authorize(response_mode=mode))
        assert told["error"] == "invalid_request"


async def test_it_waits_while_the_person_is_asked(browser: Browser, world: World) -> None:
    party = await RelyingParty.register(world, browser)
    page = await party.log_in(response_mode="form_post")
    assert "/consent/" in page.url.path
    action, told = _form(await browser.submit(page))
    assert action == BACK
    assert (await party.redeem(told["code"])).status_code == 200
    again = await party.authorize(response_mode="form_post", prompt="login")
    action, told = _form(await browser.submit(again, username="citizen", password=PASSWORD))
    assert "code" in told


def _form(page: httpx.Response) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action is not None, page.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return unescape(action[1]), {name: unescape(value) for name, value in fields}
