"""A new password: who may set it, which are refused, and what it ends."""

import hashlib
from pathlib import Path

import pytest

from services.identity.commands.new_passwords import NewPasswords
from services.identity.domain.errors import Invalid
from shared import clock
from tests.support.identity import PASSWORD, Browser, World, later, returned

NEW = "another sentence to keep"


async def test_a_new_password_ends_every_other_login(browser: Browser, world: World) -> None:
    elsewhere = Browser(world)
    theirs = await elsewhere.tokens("citizen")
    page = await browser.account("/security/password")
    changed = await browser.submit(page, new=NEW)
    assert "密码已修改" in changed.text
    refresh = {"grant_type": "refresh_token", "refresh_token": theirs["refresh_token"]}
    assert (await world.token(refresh | world.proof("portal"))).status_code == 400
    assert "账户" in (await browser.http.get("/identity/account")).text
    fresh = Browser(world)
    assert (await fresh.log_in("citizen")).status_code == 400
    assert "code" in returned(await fresh.log_in("citizen", NEW))
    await elsewhere.close()
    await fresh.close()


async def test_an_older_login_must_give_the_present_password(browser: Browser) -> None:
    await browser.account("/security/password")
    with clock.at(later(minutes=6)):
        page = await browser.account("/security/password")
        assert 'name="present"' in page.text
        wrong = await browser.submit(page, present="not the password", new=NEW)
        assert wrong.status_code == 400
        assert "现在的密码不正确" in wrong.text
        assert "密码已修改" in (await browser.submit(page, present=PASSWORD, new=NEW)).text


async def test_a_present_password_is_not_guessed_at_will(browser: Browser) -> None:
    await browser.account("/security/password")
    with clock.at(later(minutes=6)):
        page = await browser.account("/security/password")
        answers = [await browser.submit(page, present="wrong", new=NEW) for _ in range(7)]
    assert answers[-1].status_code == 429


@pytest.mark.parametrize(
    "weak", ["short", "citizen19900000001", "1q2w3e4r5t6y1q2w3e4r5t6y", "张若溪990102199603140423"]
)
async def test_a_weak_one_is_refused_with_the_reason(browser: Browser, weak: str) -> None:
    page = await browser.account("/security/password")
    answer = await browser.submit(page, new=weak)
    assert answer.status_code == 400
    assert "密码" in answer.text.split('role="alert"')[1].split("</div>")[0]


async def test_a_password_is_the_same_whatever_keyboard_typed_it(
    browser: Browser, world: World
) -> None:
    page = await browser.account("/security/password")
    await browser.submit(page, new="ｆｕｌｌ ｗｉｄｔｈ ｌｅｔｔｅｒｓ é")
    fresh = Browser(world)
    assert "code" in returned(await fresh.log_in("citizen", "full width letters e\u0301"))
    await fresh.close()


async def test_an_operators_list_of_leaked_passwords_is_looked_up(tmp_path: Path) -> None:
    leaked = [f"a leaked sentence number {number}" for number in range(500)]
    hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in leaked)
    file = tmp_path / "leaked.txt"
    file.write_text("".join(f"{one}:{n}\n" for n, one in enumerate(hashes)), "ascii")
    rules = NewPasswords(file)
    for password in leaked:
        with pytest.raises(Invalid):
            await rules.check(password)
    for number in range(500, 700):
        assert await rules.check(f"a leaked sentence number {number}")
