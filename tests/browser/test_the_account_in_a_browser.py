"""The account's pages: read by everyone, on a phone, in large letters, in both languages."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.onebox import Onebox
from tests.support.visitor import DESKTOP, NARROW, PHONE, Visitor

_ROOT = "/identity/account"
_NAMES = ("level", "delegations", "family", "organisations", "privacy", "privacy/leave")
PAGES = {"overview": _ROOT} | {name: f"{_ROOT}/{name}" for name in _NAMES}


@pytest.mark.parametrize("size", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "320 px"])
@pytest.mark.parametrize("look", ["lang=zh&view=plain", "lang=zh&view=elder", "lang=en&view=plain"])
async def test_every_page_of_the_account_can_be_read_by_everyone(
    browser: Browser, onebox: Onebox, pictures: Path, size: dict[str, int], look: str
) -> None:
    visitor = await Visitor.come(browser, onebox, size=dict(size))
    await visitor.open(PAGES["overview"])
    await visitor.log_in("agent")
    for name, path in PAGES.items():
        await visitor.open(f"{path}?{look}")
        assert visitor.page.url.startswith(onebox.base + path), name
        shown = f"account-{name.replace('/', '-')}-{look.replace('&', '-')}-{size['width']}"
        await visitor.look(shown, pictures)
        assert await visitor.overflow() <= 0, name
    await visitor.leave()


async def test_the_portals_header_leads_to_the_account(browser: Browser, onebox: Onebox) -> None:
    visitor = await Visitor.come(browser, onebox)
    await visitor.open("/login?next=/me")
    await visitor.log_in("citizen")
    await visitor.page.get_by_test_id("account").click()
    await visitor.press("my-account")
    assert "我是谁" in await visitor.page.inner_text("main")
    await visitor.leave()
