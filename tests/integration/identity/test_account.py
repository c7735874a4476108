"""The account's frame: its door, its navigation, its overview."""

from datetime import timedelta

from shared import clock
from tests.support.identity import BASE, ISSUER, PASSWORD, Browser, World, later, returned

ACCOUNT = "/identity/account"


async def opened(browser: Browser, who: str, path: str = ACCOUNT) -> str:
    """The page of the account after the login that it asks for."""
    page = await browser.follow(await browser.http.get(path))
    assert 'name="password"' in page.text
    return (await browser.submit(page, username=who, password=PASSWORD)).text


async def test_without_a_login_the_account_asks_for_one_and_comes_back(browser: Browser) -> None:
    page = await browser.follow(await browser.http.get(f"{ACCOUNT}?lang=zh"))
    assert "登录后进入：我的账户" in page.text
    back = await browser.submit(page, username="citizen", password=PASSWORD)
    assert str(back.url) == f"{ISSUER}/account?lang=zh"
    assert "张若溪" in back.text
    assert "199****0001" in back.text
    assert "990102199603140423" not in back.text


async def test_a_login_for_the_portal_opens_the_account_too(browser: Browser) -> None:
    returned(await browser.log_in("citizen"))
    assert "三级" in (await browser.http.get(ACCOUNT)).text


async def test_giving_up_the_login_leads_home(browser: Browser) -> None:
    page = await browser.follow(await browser.http.get(ACCOUNT))
    left = await browser.http.get(page.url.path.replace("/login/", "/cancel/"))
    assert left.headers["location"] == f"{BASE}/"


async def test_the_overview_shows_whom_one_may_act_for(browser: Browser) -> None:
    assert "云州市湖光小馆餐饮有限公司" in await opened(browser, "agent")


async def test_the_account_speaks_english_and_has_large_letters(browser: Browser) -> None:
    await opened(browser, "citizen")
    page = await browser.http.get(f"{ACCOUNT}?lang=en&view=elder")
    assert "Who I am" in page.text
    assert 'class="elder"' in page.text


async def test_no_code_comes_out_of_a_login_for_our_own_pages(
    browser: Browser, world: World
) -> None:
    page = await browser.follow(await browser.http.get(ACCOUNT))
    await browser.submit(page, username="citizen", password=PASSWORD)
    again = await browser.http.get(page.url.path.replace("/login/", "/authorize/"))
    assert again.status_code == 400
    async with world.http() as http:
        asked = browser.request(client_id="urn:tongban:account", redirect_uri=f"{ISSUER}/account")
        refused = await http.get("/identity/authorize", params=asked)
    assert refused.status_code == 400
    assert not refused.is_redirect


async def test_the_way_back_is_the_issuers_whatever_host_was_asked(browser: Browser) -> None:
    asked = await browser.http.get(ACCOUNT, headers={"Host": "evil.example"})
    page = await browser.follow(asked)
    back = await browser.submit(page, username="citizen", password=PASSWORD)
    assert str(back.url) == f"{ISSUER}/account"


async def test_an_old_login_is_asked_again_where_it_matters(browser: Browser, world: World) -> None:
    await opened(browser, "citizen")
    with clock.at(later(minutes=10)):
        old = await world.provider.authorize.enter(f"{ISSUER}/account", timedelta(minutes=5))
        asked = await browser.follow(await browser.http.get(f"/identity/authorize/{old}"))
        assert 'name="password"' in asked.text
        back = await browser.submit(asked, username="citizen", password=PASSWORD)
    assert back.url.path == ACCOUNT
