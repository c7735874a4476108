"""Guessing, enumerating, forging and fixing logins."""

import asyncio
import re
import statistics
import time
from datetime import timedelta

import httpx

from services.identity.commands.attempts import Attempts, Wait
from shared import clock
from tests.support.identity import ISSUER, PASSWORD, Browser, World, later, returned

# A challenge for passkeys is new on each page.
_RANDOM = re.compile(r'data-options="[^"]*"')
_GROWS = (1, 2, 4, 8, 16, 30, 30)


async def test_an_unknown_account_and_a_wrong_password_read_the_same(browser: Browser) -> None:
    page = await browser.authorize()
    texts = set()
    for who in ("citizen", "nobody", "19900000001", "13999999999", "990102199603140423", "x" * 300):
        answer = await browser.submit(page, username=who, password="a wrong password")
        assert answer.status_code == 400
        texts.add(_RANDOM.sub("", answer.text.replace(who[:200], "…")))
    assert len(texts) == 1


async def test_an_unknown_account_takes_as_long_as_a_known_one(world: World) -> None:
    browser = Browser(world)
    page = await browser.authorize()
    taken: dict[str, list[float]] = {"citizen": [], "nobody": []}
    for _ in range(5):
        for who, times in taken.items():
            begun = time.perf_counter()
            await browser.submit(page, username=who, password="a wrong password")
            times.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert 0.5 < unknown / known < 2
    await browser.close()


async def test_waits_grow_for_a_guesser_and_never_lock_the_owner_out(browser: Browser) -> None:
    moment = later()
    with clock.at(lambda: moment):
        page = await browser.authorize()
        for _ in range(5):
            assert (await _guess(browser, page)).status_code == 400
        for seconds in _GROWS:
            assert (await _guess(browser, page)).status_code == 400
            held = await _guess(browser, page)
            assert (held.status_code, held.headers["retry-after"]) == (429, str(seconds))
            moment += timedelta(seconds=seconds)
        right = await browser.submit(page, username="citizen", password=PASSWORD)
        assert "code" in returned(right)


async def test_guesses_in_parallel_count_too(browser: Browser) -> None:
    page = await browser.authorize()
    answers = await asyncio.gather(*(_guess(browser, page) for _ in range(20)))
    assert [one.status_code for one in answers].count(400) <= 6


async def test_the_first_guesses_ever_in_parallel_are_counted_each(world_anywhere: World) -> None:
    provider = world_anywhere.provider
    attempts = Attempts(provider.db, provider.people)
    counters = attempts.of_login("login_name:nobody", "192.0.2.7")
    tried = await asyncio.gather(
        *(attempts.admit(counters) for _ in range(8)), return_exceptions=True
    )
    assert [type(one) for one in tried if one is not None] == [Wait] * 2


async def test_unknown_accounts_are_slowed_the_same(browser: Browser) -> None:
    page = await browser.authorize()
    answers = [await _guess(browser, page, "nobody") for _ in range(7)]
    assert answers[-1].status_code == 429


async def test_one_address_that_tries_many_accounts_is_slowed(browser: Browser) -> None:
    page = await browser.authorize()
    moment = later()
    with clock.at(lambda: moment):
        answers = await asyncio.gather(
            *(_guess(browser, page, f"account{number}") for number in range(60))
        )
        assert 429 in {one.status_code for one in answers}
        elsewhere = await browser.http.post(
            page.url.path,
            data={"token": _token(page), "username": "citizen", "password": PASSWORD},
            headers={"X-Forwarded-For": "192.0.2.7"},
        )
    assert elsewhere.status_code == 303


async def test_an_address_that_the_caller_invents_is_not_believed(browser: Browser) -> None:
    page = await browser.authorize()
    for number in range(7):
        answer = await browser.http.post(
            page.url.path,
            data={"token": _token(page), "username": "citizen", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.7"},
        )
    assert answer.status_code == 429


async def test_a_login_cannot_be_forged_from_another_site(browser: Browser, world: World) -> None:
    page = await browser.authorize()
    attacker = Browser(world)
    theirs = await attacker.authorize()
    for token in ("", "x", _token(theirs)):
        answer = await browser.http.post(
            page.url.path, data={"token": token, "username": "citizen", "password": PASSWORD}
        )
        assert answer.status_code == 400
        assert "tongban_login=" not in answer.headers.get("set-cookie", "")
    without_cookie = await world.http().post(
        page.url.path,
        data={"token": _token(page), "username": "citizen", "password": PASSWORD},
    )
    assert without_cookie.status_code == 400
    await attacker.close()


async def test_a_cookie_from_before_the_login_is_worth_nothing(browser: Browser) -> None:
    cookies = browser.http.cookies
    await browser.authorize()
    domain = next(iter(cookies.jar)).domain
    cookies.set("tongban_login", "known-to-the-attacker", domain=domain, path="/identity")
    await browser.code("citizen")
    assert cookies.get("tongban_login", domain=domain) != "known-to-the-attacker"


async def test_the_cookie_is_out_of_reach(browser: Browser) -> None:
    page = await browser.authorize()
    answer = await browser.http.post(
        page.url.path, data={"token": _token(page), "username": "citizen", "password": PASSWORD}
    )
    cookie = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith("tongban_login=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/identity" in cookie
    assert len(cookie.split("=", maxsplit=1)[1].split(";", maxsplit=1)[0]) >= 43


async def test_a_new_login_ends_the_browsers_last(browser: Browser, world: World) -> None:
    first = await browser.tokens("citizen")
    page = await browser.authorize(prompt="login")
    await browser.submit(page, username="officer", password=PASSWORD)
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert (await world.token(refresh | world.proof("portal"))).status_code == 400


async def test_a_login_never_leads_outside(browser: Browser) -> None:
    page = await browser.authorize()
    for extra in (
        "?next=https://evil.example",
        "?redirect_uri=https://evil.example",
        "?return=//x",
    ):
        answer = await browser.http.post(
            f"{page.url.path}{extra}",
            data={"token": _token(page), "username": "citizen", "password": PASSWORD},
        )
        assert answer.headers["location"].startswith(f"{ISSUER}/authorize/")


async def test_the_host_header_has_no_part_in_addresses(browser: Browser) -> None:
    page = await browser.http.get(
        "/identity/authorize", params=browser.request(), headers={"Host": "evil.example"}
    )
    assert page.headers["location"].startswith(f"{ISSUER}/login/")


async def test_another_persons_interaction_gives_no_code(browser: Browser, world: World) -> None:
    page = await browser.authorize()
    attacker = Browser(world)
    await browser.http.post(
        page.url.path, data={"token": _token(page), "username": "citizen", "password": PASSWORD}
    )
    stolen = await attacker.http.get(page.url.path.replace("/login/", "/authorize/"))
    assert "/login/" in stolen.headers["location"]
    await attacker.close()


async def _guess(browser: Browser, page: httpx.Response, who: str = "citizen") -> httpx.Response:
    return await browser.submit(page, username=who, password="a wrong password")


def _token(page: httpx.Response) -> str:
    return page.text.split('name="token" value="')[1].split('"', maxsplit=1)[0]
