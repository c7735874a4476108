"""The second step: asked after the password, each code used once, recovery codes as a way out."""

import base64
import re
import time
from dataclasses import dataclass

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from shared import clock
from tests.support.identity import (
    PASSWORD,
    Browser,
    World,
    claims,
    form_of,
    later,
    returned,
)


@dataclass
class App:
    """A code app of the citizen, and the recovery codes that came with it."""

    secret: str
    codes: list[str]

    def shows(self, ahead: int = 0) -> str:
        """The digits of now, or of so many steps ahead."""
        passwords = TOTP(base64.b32decode(self.secret), 6, SHA1(), 30)
        return passwords.generate(int(time.time()) + 30 * ahead).decode()


@pytest.fixture
async def app(browser: Browser) -> App:
    page = await browser.account("/security/second")
    made = App(form_of(page, "/second")[1]["secret"], [])
    done = await browser.submit(page, "/second", code=made.shows(-1))
    made.codes = re.findall(r"<code>([\w-]+)</code>", done.text)
    assert len(set(made.codes)) == 10
    return made


async def _second(world: World) -> tuple[Browser, httpx.Response]:
    fresh = Browser(world)
    page = await fresh.log_in("citizen")
    assert page.url.path.endswith("/second")
    return fresh, page


async def test_after_the_password_the_app_is_asked_and_the_token_says_both(
    world: World, app: App
) -> None:
    fresh, page = await _second(world)
    assert "tongban_login" not in fresh.http.cookies
    answer = await fresh.submit(page, code=app.shows())
    issued = await world.token(fresh.redemption(returned(answer)["code"]))
    assert claims(issued.json()["id_token"])["amr"] == ["mfa", "otp", "pwd"]
    await fresh.close()


async def test_a_code_of_the_app_is_good_once(world: World, app: App) -> None:
    code = app.shows()
    for expected in (303, 200):
        fresh, page = await _second(world)
        answer = await fresh.submit(page, code=code)
        assert (answer.status_code == 303) == (expected == 303)
        await fresh.close()
    assert "不正确，或已用过" in answer.text


async def test_five_wrong_answers_lead_back_to_the_password(world: World, app: App) -> None:
    fresh, page = await _second(world)
    wrong = f"{(int(app.shows()) + 7) % 10**6:06}"
    for _ in range(5):
        assert (await fresh.submit(page, code=wrong)).status_code == 400
    back = await fresh.submit(page, code=app.shows())
    assert 'name="password"' in back.text
    await fresh.close()


@pytest.mark.usefixtures("app")
async def test_guessing_second_proofs_waits_longer_and_longer(world: World) -> None:
    with clock.at(later()):
        answers = []
        for _ in range(2):
            fresh, page = await _second(world)
            answers += [await fresh.submit(page, code="000000") for _ in range(4)]
            await fresh.close()
    assert [one.status_code for one in answers[:5]] == [400] * 5
    assert answers[-1].status_code == 429


async def test_a_recovery_code_is_good_once(world: World, app: App) -> None:
    code = app.codes[3]
    fresh, page = await _second(world)
    assert "code" in returned(await fresh.submit(page, code=code.upper()))
    again, page = await _second(world)
    assert (await again.submit(page, code=code)).status_code == 400
    await fresh.close()
    await again.close()


async def test_the_second_step_cannot_be_reached_without_the_first(world: World, app: App) -> None:
    fresh = Browser(world)
    page = await fresh.authorize()
    skipped = await fresh.follow(await fresh.http.get(f"{page.url.path}/second"))
    assert 'name="password"' in skipped.text
    thief, second = await _second(world)
    elsewhere = Browser(world)
    await elsewhere.authorize()
    stolen = await elsewhere.http.post(
        second.url.path, data={"code": app.shows(), **form_of(second)[1]}
    )
    assert stolen.status_code == 400
    for one in (fresh, thief, elsewhere):
        await one.close()


async def test_an_app_is_added_only_by_its_first_code_and_our_secret(browser: Browser) -> None:
    page = await browser.account("/security/second")
    assert (await browser.submit(page, "/second", code="000000")).status_code == 400
    own = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    refused = await browser.submit(page, "/second", secret=own, code=App(own, []).shows())
    assert refused.status_code == 400


async def test_turned_off_the_password_alone_is_asked(
    browser: Browser, world: World, app: App
) -> None:
    page = await browser.account("/security/second")
    renewed = await browser.submit(page, "/codes")
    assert app.codes[0] not in renewed.text
    done = await browser.submit(page, "/remove")
    assert "第二步已关闭" in done.text
    fresh = Browser(world)
    assert "code" in returned(await fresh.log_in("citizen", PASSWORD))
    await fresh.close()
