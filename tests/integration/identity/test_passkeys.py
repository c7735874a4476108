"""Passkeys: registered by a fresh login, log in alone, and whatever is forged is refused."""

import re
from html import unescape

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared import clock
from tests.support.authenticator import Authenticator
from tests.support.identity import BASE, Browser, World, claims, form_of, later, returned

_OPTIONS = re.compile(r'data-options="([^"]+)"')


def _options(page: httpx.Response) -> str:
    found = _OPTIONS.search(page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def _register(browser: Browser, device: Authenticator, **changes: object) -> httpx.Response:
    page = await browser.account("/security/passkeys")
    made = device.create(_options(page), **changes)
    return await browser.submit(page, "/passkeys", credential=made, name="我的手机")


async def _log_in(world: World, device: Authenticator, **changes: object) -> httpx.Response:
    """In a browser that nobody has used yet."""
    browser = Browser(world)
    page = await browser.authorize()
    signed = device.get(_options(page), **changes)
    answer = await browser.submit(page, "/passkey", credential=signed)
    await browser.close()
    return answer


@pytest.fixture
async def device(browser: Browser) -> Authenticator:
    known = Authenticator(BASE)
    assert "已添加" in (await _register(browser, known)).text
    return known


async def test_a_passkey_logs_in_alone_and_the_token_says_so(world_anywhere: World) -> None:
    browser, device = Browser(world_anywhere), Authenticator(BASE)
    assert "已添加" in (await _register(browser, device)).text
    fresh = Browser(world_anywhere)
    page = await fresh.authorize()
    answer = await fresh.submit(page, "/passkey", credential=device.get(_options(page)))
    issued = await world_anywhere.token(fresh.redemption(returned(answer)["code"]))
    said = claims(issued.json()["id_token"])
    assert said["sub"] == world_anywhere.person("citizen")
    assert said["amr"] == ["hwk", "mfa", "user"]
    await browser.close()
    await fresh.close()


async def test_a_synced_passkey_says_that_its_key_is_not_of_one_device(
    browser: Browser, world: World
) -> None:
    device = Authenticator(BASE, synced=True, counts=False)
    await _register(browser, device)
    for _ in range(2):  # such authenticators do not count
        assert "code" in returned(await _log_in(world, device))


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"rp": "evil.example"},
        {"challenge": "bm90LW91cnM"},
        {"type": "webauthn.create"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"user": b"psn_somebody-else"},
        {"count": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_forged_answer_logs_nobody_in(
    world: World, device: Authenticator, changes: dict[str, object]
) -> None:
    assert "code" in returned(await _log_in(world, device))
    answer = await _log_in(world, device, **changes)
    assert answer.status_code == 400
    assert "这个通行密钥不能用于登录" in answer.text


async def test_who_did_not_unlock_the_device_is_not_logged_in(
    world: World, device: Authenticator
) -> None:
    device.verifies = False
    assert (await _log_in(world, device)).status_code == 400


async def test_an_unknown_credential_is_refused(world: World, device: Authenticator) -> None:
    stranger = Authenticator(BASE)
    stranger.create('{"rp": {"id": "localhost"}, "user": {"id": "cHNu"}, "challenge": "YQ"}')
    assert (await _log_in(world, stranger)).status_code == 400


async def test_an_answer_cannot_be_used_twice_nor_elsewhere(
    world: World, device: Authenticator
) -> None:
    device.counts = False
    first, second = Browser(world), Browser(world)
    page, other = await first.authorize(), await second.authorize()
    signed = device.get(_options(page))
    assert (await second.submit(other, "/passkey", credential=signed)).status_code == 400
    action, hidden = form_of(page, "/passkey")
    answers = [
        await first.http.post(action, data=hidden | {"credential": signed}) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [303, 400]
    await first.close()
    await second.close()


async def test_an_old_challenge_is_refused(world: World, device: Authenticator) -> None:
    browser = Browser(world)
    page = await browser.authorize()
    signed = device.get(_options(page))
    with clock.at(later(minutes=11)):
        assert (await browser.submit(page, "/passkey", credential=signed)).status_code == 400
    await browser.close()


@pytest.mark.parametrize(
    "changes",
    [{"origin": "https://evil.example"}, {"rp": "evil.example"}, {"challenge": "bm90LW91cnM"}],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_forged_registration_is_refused(
    browser: Browser, changes: dict[str, object]
) -> None:
    answer = await _register(browser, Authenticator(BASE), **changes)
    assert answer.status_code == 400
    assert "没有添加成功" in answer.text


async def test_a_device_that_does_not_verify_its_owner_is_not_registered(
    browser: Browser,
) -> None:
    assert (await _register(browser, Authenticator(BASE, verifies=False))).status_code == 400


async def test_rubbish_instead_of_an_answer_is_refused(browser: Browser) -> None:
    page = await browser.authorize()
    for rubbish in ("", "{}", "[]", "null", "{" * 5000, '{"rawId": 1}', "x" * 9000):
        assert (await browser.submit(page, "/passkey", credential=rubbish)).status_code == 400


async def test_adding_one_needs_a_login_of_the_last_five_minutes(browser: Browser) -> None:
    await browser.account("/security")
    with clock.at(later(minutes=6)):
        asked = await browser.follow(await browser.http.get("/identity/account/security/passkeys"))
    assert "/login/" in asked.url.path


async def test_several_are_named_renamed_and_removed(
    browser: Browser, world: World, device: Authenticator
) -> None:
    await _register(browser, Authenticator(BASE))
    page = await browser.account("/security/passkeys")
    ids = re.findall(r'name-(psk_\w+)"', page.text)
    assert len(set(ids)) == 2
    named = await browser.submit(page, ids[0], name="旧手机", rename="1")
    assert "旧手机" in named.text
    await browser.submit(named, ids[0], remove="1")
    assert (await _log_in(world, device)).status_code == 400


async def test_nobody_removes_anothers_passkey(
    browser: Browser, world: World, device: Authenticator
) -> None:
    page = await browser.account("/security/passkeys")
    mine = re.findall(r'name-(psk_\w+)"', page.text)[0]
    other = Browser(world)
    theirs = await other.account("/security/passkeys", "owner")
    await _register(other, Authenticator(BASE))
    theirs = await other.account("/security/passkeys", "owner")
    action, hidden = form_of(theirs, re.findall(r'name-(psk_\w+)"', theirs.text)[0])
    moved = f"{action.rsplit('/', 1)[0]}/{mine}"
    await other.http.post(moved, data=hidden | {"remove": "1"})
    assert "code" in returned(await _log_in(world, device))
    await other.close()
