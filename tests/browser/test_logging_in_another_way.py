"""Passkeys with a real authenticator's protocol, and the pages of every way to log in."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, CDPSession

from tests.support.onebox import Onebox
from tests.support.visitor import DESKTOP, PHONE, Visitor

_WITH_PIN = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def _authenticator(visitor: Visitor) -> tuple[CDPSession, str]:
    """A platform authenticator that verifies its owner (Chromium's virtual one)."""
    cdp = await visitor.context.new_cdp_session(visitor.page)
    await cdp.send("WebAuthn.enable")
    made = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": _WITH_PIN})
    return cdp, str(made["authenticatorId"])


async def test_a_passkey_is_added_and_then_logs_in_without_a_password(
    browser: Browser, onebox: Onebox, pictures: Path
) -> None:
    visitor = await Visitor.come(browser, onebox)
    page = visitor.page
    await visitor.open("/identity/account/security/passkeys")
    await visitor.log_in("elder")
    _cdp, _ = await _authenticator(visitor)
    await page.reload()
    await page.fill("#name", "客厅的平板")
    await visitor.look("security-passkeys-add", pictures)
    async with page.expect_navigation(url="**done=added"):
        await page.click("form[data-passkey] button")
    assert "客厅的平板" in await page.inner_text("main")
    await visitor.look("security-passkeys", pictures)
    await page.goto(onebox.base + "/identity/logout")
    await page.click("main button[type=submit]")
    await visitor.open("/identity/account")
    assert "/login/" in page.url
    # The field for the account offers it too; the virtual authenticator answers at once.
    await page.wait_for_url("**/identity/account")
    assert "我是谁" in await page.inner_text("main")
    assert not visitor.faults
    await visitor.leave()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("look", ["lang=zh&view=plain", "lang=zh&view=elder", "lang=en&view=plain"])
async def test_every_way_to_log_in_can_be_read_by_everyone(
    browser: Browser, onebox: Onebox, pictures: Path, size: dict[str, int], look: str
) -> None:
    visitor = await Visitor.come(browser, onebox, size=dict(size))
    page = visitor.page

    async def see(name: str) -> None:
        shown = f"ways-{name}-{look.replace('&', '-')}-{size['width']}"
        await visitor.look(shown, pictures)
        assert await visitor.overflow() <= 0, name

    await visitor.open("/identity/account/security")
    login = page.url
    await page.goto(f"{login}?{look}")
    await see("password")
    for way in ("code", "scan"):
        await page.goto(f"{login}/{way}")
        await see(way)
    await page.goto(login)
    await visitor.log_in("inspector")
    await see("security")
    for name in ("password", "second", "passkeys"):
        await visitor.open(f"/identity/account/security/{name}")
        await see(f"security-{name}")
    await visitor.leave()
