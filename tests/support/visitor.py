"""A person in front of a real browser, who notices what is wrong with a page."""

from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.onebox import Onebox

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WATCH = """document.addEventListener('securitypolicyviolation', e =>
    console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI));"""


class Visitor:
    """One browser context with one page; `faults` collects what the console complained of."""

    def __init__(self, context: BrowserContext, page: Page, onebox: Onebox) -> None:
        self.context = context
        self.page = page
        self.onebox = onebox
        self.faults: list[str] = []
        self.scripts = True
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    @classmethod
    async def come(
        cls,
        browser: Browser,
        onebox: Onebox,
        *,
        size: dict[str, int] | None = None,
        scripts: bool = True,
    ) -> "Visitor":
        """Open a fresh context on the portal's home page."""
        context = await browser.new_context(
            viewport={"width": 1280, "height": 900} if size is None else size,  # type: ignore[arg-type]
            locale="zh-CN",
            java_script_enabled=scripts,
        )
        if scripts:
            await context.add_init_script(_WATCH)
        visitor = cls(context, await context.new_page(), onebox)
        visitor.scripts = scripts
        visitor.page.set_default_timeout(15_000)
        await visitor.open("/")
        return visitor

    async def open(self, path: str) -> None:
        """Go to a page of the portal."""
        await self.page.goto(self.onebox.base + path)

    async def press(self, test_id: str) -> None:
        """Press the first thing of this test id, and wait for the next page."""
        async with self.page.expect_navigation():
            await self.page.get_by_test_id(test_id).first.click()

    async def log_in(self, account: str) -> None:
        """Fill the provider's login page, and choose oneself where it asks for whom."""
        known = self.onebox.demo["accounts"][account]
        await self.page.fill("input[name=username]", known["username"])
        await self.page.fill("input[name=password]", known["password"])
        async with self.page.expect_navigation():
            await self.page.click("main button[type=submit]")
        await self.page.wait_for_load_state("networkidle")

    async def answer(self, name: str, value: str) -> None:
        """Choose or type an answer of the form."""
        field = self.page.locator(f"[name='{name}']").first
        if await field.get_attribute("type") == "radio":
            await self.page.check(f"[name='{name}'][value='{value}']")
        else:
            await field.fill(value)
        await self.page.wait_for_load_state("networkidle")  # an answer may open questions

    async def look(self, name: str, pictures: Path | None) -> None:
        """Take a picture, and let axe look at the page: nothing may be wrong.

        Both need scripts; a visitor without them only walks on. What the picture itself makes the
        console say of styles is none of the page's faults.
        """
        if pictures is None or not self.scripts:
            return
        heard = len(self.faults)
        await self.page.screenshot(path=pictures / f"{name}.png", full_page=True)
        result = await Axe().run(self.page, options={"runOnly": {"type": "tag", "values": _RULES}})
        found: list[Any] = result.response["violations"]
        told = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]
        assert told == [], f"{name}: {told}"
        del self.faults[heard:]

    async def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wider: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    async def leave(self) -> None:
        """Close the context."""
        await self.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "422" not in message.text:
            self.faults.append(message.text)
