"""What an upstream, or somebody in its name, must not reach here."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey

from services.identity.domain.errors import NotAllowed
from services.identity.domain.upstreams import checked
from tests.support.clients.hostile import CLIENT, Hostile, hostile
from tests.support.identity import BASE, CALLBACK, Browser, World, later, returned
from tests.support.tokens import Issuer, new_key

CITIZEN = "990102199603140423"
OWN = {"scope": "openid profile"}
FACE = {"acr": "face", "id_number": CITIZEN}


@pytest.fixture
async def upstream(world: World) -> AsyncGenerator[Hostile]:
    async with hostile() as provider:
        await configure(world, provider)
        yield provider


async def configure(world: World, provider: Hostile, code: str = "up", **changes: Any) -> None:
    given = {
        "code": code,
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "auth_method": "client_secret_basic",
        "label_zh": "省统一认证",
        "label_en": "Provincial login",
        "claims": {"id_number": "id_number", "name": "name", "phone": "phone"},
        "levels": {"face": 4, "two-facts": 2},
        "trusted": True,
    } | changes
    federation = world.provider.federation
    async with world.provider.db.write() as tx:
        upstream = checked(given, loopback_http=True)
        await federation.configure(tx, upstream, "s" * 32, by="test")


async def answered(browser: Browser, code: str = "up", **changes: Any) -> str:
    """The address at which the upstream sends the browser back."""
    page = await browser.authorize(**{**OWN, **changes})
    root = f"{BASE}/identity/federation/{code}/go/"
    going = page.text.partition(f'href="{root}')[2].partition('"')[0]
    location = (await browser.http.get(f"{root}{going}")).headers["location"]
    async with httpx.AsyncClient() as outside:
        return (await outside.get(location)).headers["location"]


async def come_back(browser: Browser, **changes: Any) -> httpx.Response:
    """From our login page through the upstream to what follows."""
    return await browser.follow(await browser.http.get(await answered(browser, **changes)))


async def test_a_sound_answer_logs_in(browser: Browser, world: World, upstream: Hostile) -> None:
    upstream.person |= FACE
    assert "code" in returned(await come_back(browser))


def _claims(**changes: Any) -> Callable[[Hostile], None]:
    def lie(upstream: Hostile) -> None:
        upstream.claims |= changes

    return lie


def _unsigned(upstream: Hostile) -> None:
    upstream.sign = lambda claims, **_: (  # type: ignore[method-assign]
        Issuer.sign({"alg": "HS256"}, claims, OctKey.import_key("k" * 32)).replace(
            "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0"
        )
    )


def _confused(upstream: Hostile) -> None:
    """HMAC with what everybody can read of the key."""
    public = OctKey.import_key(str(upstream.key.as_dict(private=False)["x"]))
    upstream.sign = lambda claims, **_: Issuer.sign(  # type: ignore[method-assign]
        {"alg": "HS256", "kid": upstream.key.kid}, claims, public
    )


def _anothers_key(upstream: Hostile) -> None:
    upstream.key = new_key()
    upstream.header = {"kid": upstream.published[0].kid}


_HOUR = 3600
LIES: dict[str, tuple[Callable[[Hostile], None], str]] = {
    "another issuer": (_claims(iss="https://id.example"), "wrong_issuer"),
    "another audience": (_claims(aud="another"), "wrong_audience"),
    "an audience of many": (_claims(aud=[CLIENT, "another"]), "wrong_azp"),
    "another party": (_claims(azp="another"), "wrong_azp"),
    "another nonce": (_claims(nonce="replayed"), "wrong_nonce"),
    "no nonce": (_claims(nonce=None), "wrong_nonce"),
    "no subject": (_claims(sub=""), "no_subject"),
    "a number for a subject": (_claims(sub=1), "no_subject"),
    "a huge subject": (_claims(sub="x" * 256), "no_subject"),
    "another access token": (_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "wrong_at_hash"),
    "an expired token": (_claims(exp=1_700_000_000), "expired"),
    "a token of the future": (_claims(iat=4_000_000_000), "from_the_future"),
    "dates that are no dates": (_claims(exp="soon"), "no_exp"),
    "no signature": (_unsigned, "wrong_algorithm"),
    "the public key as a secret": (_confused, "wrong_algorithm"),
    "another's key": (_anothers_key, "wrong_signature"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_id_token_that_lies_logs_nobody_in(
    browser: Browser, upstream: Hostile, lie: str
) -> None:
    upstream.person |= FACE
    tell, code = LIES[lie]
    tell(upstream)
    page = await come_back(browser)
    assert page.status_code == 400
    assert f"<code>{code}</code>" in page.text
    assert "/cancel/" in page.text


@pytest.mark.parametrize("iss", ["https://id.example", None])
async def test_an_answer_in_anothers_name_is_not_believed(
    browser: Browser, upstream: Hostile, iss: str | None
) -> None:
    upstream.answer["iss"] = iss
    assert "<code>mixed_up</code>" in (await come_back(browser)).text


async def test_an_answer_at_anothers_address_is_not_believed(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    async with hostile() as second:
        await configure(world, second, "second")
        location = (await answered(browser)).replace("/up/callback", "/second/callback")
        page = await browser.http.get(location)
    assert "<code>mixed_up</code>" in page.text
    assert upstream.asked, "the code was not sent to anybody"


async def test_a_state_counts_once_and_in_its_own_browser(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    upstream.person |= FACE
    location = await answered(browser)
    other = Browser(world)
    await other.authorize(**OWN)
    stolen = await other.http.get(location)
    assert stolen.status_code == 400
    assert "tongban_login" not in other.http.cookies
    await other.close()
    assert "code" in returned(await browser.follow(await browser.http.get(location)))
    assert (await browser.http.get(location)).status_code == 400


@pytest.mark.parametrize(
    "query", ["", "?state=x&code=y", "?state=a&state=b&code=y", "?code=" + "x" * 9000]
)
async def test_an_answer_that_nobody_asked_for_is_refused(
    browser: Browser, upstream: Hostile, query: str
) -> None:
    await browser.authorize(**OWN)
    answer = await browser.http.get(f"/identity/federation/up/callback{query}")
    assert answer.status_code == 400


async def test_a_new_key_is_fetched_when_a_token_names_it(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    upstream.person |= FACE
    await come_back(browser)
    upstream.key = new_key()
    upstream.published.append(upstream.key)
    world.provider.federation.providers.keys.clock = lambda: 1e9
    again = Browser(world)
    assert "code" in returned(await come_back(again))
    assert upstream.fetched == 2
    await again.close()


async def test_clocks_may_differ_by_a_minute(browser: Browser, upstream: Hostile) -> None:
    upstream.person |= FACE
    upstream.claims |= {"iat": int(later(seconds=50).timestamp())}
    assert "code" in returned(await come_back(browser))


@pytest.mark.parametrize(
    "person",
    [
        {"acr": "two-facts", "id_number": CITIZEN},
        {"acr": "unknown", "id_number": CITIZEN},
        {"acr": "face", "phone": "19900000001", "name": "张若溪"},
        {"acr": "face", "email": "citizen@example.org", "email_verified": True},
    ],
)
async def test_nobodys_account_opens_without_proof(
    browser: Browser, upstream: Hostile, person: dict[str, Any]
) -> None:
    upstream.person |= person
    page = await come_back(browser)
    assert "您在本平台已经有账户吗" in page.text


async def test_an_upstream_that_is_not_trusted_finds_nobody(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    await configure(world, upstream, trusted=False)
    upstream.person |= FACE
    assert "您在本平台已经有账户吗" in (await come_back(browser)).text


async def test_a_second_account_there_cannot_take_the_place_of_the_first(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    upstream.person |= FACE
    await come_back(browser)
    upstream.person["sub"] = "up-2"
    thief = Browser(world)
    assert "<code>linked_to_another</code>" in (await come_back(thief)).text
    await thief.close()


async def test_a_login_in_another_browser_links_nothing(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    """Somebody chooses to link, and hands the login page to his victim."""
    page = await browser.submit(await come_back(browser), account="mine")
    victim = Browser(world)
    handed = await victim.http.get(str(page.url))
    await victim.submit(handed, username="citizen", password="correct horse battery")
    await victim.close()
    async with world.provider.db.read() as connection:
        store = world.provider.federation.store
        assert await store.links_of(connection, world.person("citizen")) == []
        assert await store.linked(connection, "up", "up-1") is None


async def test_what_comes_back_from_a_logout_is_never_an_open_redirect(
    browser: Browser, upstream: Hostile
) -> None:
    for query in ("", "?state=x", "?state=https://evil.example", "?back=https://evil.example"):
        answer = await browser.http.get(f"/identity/federation/up/left{query}")
        assert answer.headers["location"] == f"{BASE}/identity/logged-out"


async def _told(world: World, token: str) -> int:
    async with world.http() as http:
        answer = await http.post("/identity/federation/up/logout", data={"logout_token": token})
    return answer.status_code


async def test_a_logout_token_ends_the_login_once(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    upstream.person |= FACE
    await come_back(browser)
    assert (await browser.authorize(**OWN)).is_redirect
    token = upstream.logout_token()
    assert await _told(world, token) == 200
    assert (await browser.authorize(**OWN)).status_code == 200
    assert await _told(world, token) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example"},
        {"aud": "another"},
        {"events": None},
        {"events": {"another": {}}},
        {"nonce": "n"},
        {"jti": None},
        {"sub": None},
        {"exp": 1_700_000_000},
        {"iat": 1_700_000_000},
    ],
    ids=str,
)
async def test_a_forged_logout_token_ends_nothing(
    browser: Browser, world: World, upstream: Hostile, changes: dict[str, Any]
) -> None:
    upstream.person |= FACE
    await come_back(browser)
    assert await _told(world, upstream.logout_token(**changes)) == 400
    assert (await browser.authorize(**OWN)).is_redirect


async def test_an_id_token_is_no_logout_token(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    assert await _told(world, upstream.id_token("n", "a")) == 400
    upstream.key = new_key()
    assert await _told(world, upstream.logout_token()) == 400


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://id.example"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
        {"token_endpoint": 7},
    ],
    ids=str,
)
async def test_a_discovery_that_leads_elsewhere_is_refused(
    browser: Browser, upstream: Hostile, metadata: dict[str, Any]
) -> None:
    upstream.metadata |= metadata
    page = await browser.authorize(**OWN)
    root = f"{BASE}/identity/federation/up/go/"
    going = page.text.partition(f'href="{root}')[2].partition('"')[0]
    answer = await browser.http.get(f"{root}{going}")
    assert answer.status_code == 400
    assert not upstream.seen


async def test_an_upstream_inside_our_network_is_not_asked(
    browser: Browser, world: World, upstream: Hostile
) -> None:
    upstream.metadata |= {"token_endpoint": "https://10.0.0.1/token"}
    upstream.person |= FACE
    page = await come_back(browser)
    assert "<code>address_not_allowed</code>" in page.text


async def test_accounts_stay_with_the_issuer_that_they_were_linked_to(
    world: World, upstream: Hostile
) -> None:
    async with hostile() as second:
        with pytest.raises(NotAllowed):
            await configure(world, second, "up")


async def test_what_the_client_asks_is_asked_of_the_upstream(
    browser: Browser, upstream: Hostile
) -> None:
    upstream.person |= FACE
    page = await come_back(
        browser, max_age="60", login_hint="13800000000", acr_values="urn:tongban:acr:l3"
    )
    asked = {name: upstream.seen.get(name) for name in ("max_age", "login_hint", "acr_values")}
    assert asked == {"max_age": "60", "login_hint": "13800000000", "acr_values": "face"}
    assert "<code>no_auth_time</code>" in page.text
    assert CALLBACK not in str(page.url)
