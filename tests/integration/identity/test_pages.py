"""How the pages look, and where they lead whoever is lost."""

from tests.support.identity import BASE, PASSWORD, Browser


async def test_the_view_follows_the_portal_back_and_forth(browser: Browser) -> None:
    large = await browser.authorize(ui_locales="zh-CN", view="elder")
    assert 'class="elder"' in large.text
    plain = await browser.authorize(ui_locales="zh-CN", view="plain")
    assert 'class="elder"' not in plain.text


async def test_the_pages_carry_the_mark_and_the_name_of_the_portal(browser: Browser) -> None:
    page = await browser.authorize()
    assert f'<a class="brand" href="{BASE}/">' in page.text
    assert "<b>云州通办</b>" in page.text
    assert (await browser.http.get("/identity/static/seal.svg")).status_code == 200


async def test_going_back_to_a_login_that_is_over_says_so_and_leads_home(
    browser: Browser,
) -> None:
    page = await browser.authorize()
    await browser.submit(page, username="citizen", password=PASSWORD)
    for path in (page.url.path, page.url.path.replace("/login/", "/authorize/")):
        again = await browser.http.get(path)
        assert again.status_code == 400
        assert "这次登录已经结束" in again.text
        assert "invalid_request" not in again.text
        assert f'class="button" href="{BASE}/"' in again.text
