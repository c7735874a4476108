"""OpenID Connect Back-Channel Logout 1.0: every client of a login is told when it ends."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from services.identity.commands.subjects import told_subject
from services.identity.domain.clients import AUTHORIZATION_CODE, Client
from services.identity.domain.logins import Login
from services.identity.queries.logins import current_login
from services.identity.store import logout_notices
from services.identity.store.clients import find_client
from shared.clock import now
from tests.support.identity import ISSUER, Browser, World, claims
from tests.support.receivers import Delivery, Receiver, Reply, receiving

EVENT = "http://schemas.openid.net/event/backchannel-logout"
CALLBACK = "https://app.example/cb"


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as running:
        yield running


async def test_the_client_of_a_login_is_told_of_its_end(
    world: World, browser: Browser, receiver: Receiver
) -> None:
    issued = await _log_in_at(world, browser, receiver, "app")
    await browser.http.get("/identity/end_session", params={"id_token_hint": issued["id_token"]})
    await receiver.until(1)
    told = await _verified(world, receiver.taken[0], "app")
    assert told["sid"] == claims(issued["id_token"])["sid"]
    assert told["sub"] == world.person("citizen")
    assert told["events"] == {EVENT: {}}
    assert "nonce" not in told
    assert 0 < told["exp"] - told["iat"] <= 120


async def test_every_client_of_the_login_is_told_and_no_other(
    world: World, browser: Browser, receiver: Receiver
) -> None:
    await _log_in_at(world, browser, receiver, "first")
    await _log_in_at(world, browser, receiver, "second")
    await _register(world, receiver, "third")
    await world.provider.log_out(await _login(browser))
    await receiver.until(2)
    clients = {(await _verified(world, one))["aud"] for one in receiver.taken}
    assert clients == {"first", "second"}
    assert len({(await _verified(world, one))["jti"] for one in receiver.taken}) == 2


async def test_a_deactivated_officers_clients_are_told(
    world: World, browser: Browser, receiver: Receiver
) -> None:
    await _log_in_at(world, browser, receiver, "app", who="officer")
    async with world.provider.db.write() as tx:
        office = world.seeded.staff["officer"]
        assert await world.provider.offices.deactivate(tx, office, by="test")
    await receiver.until(1)
    assert (await _verified(world, receiver.taken[0]))["sub"] == world.person("officer")


async def test_a_login_that_was_not_ended_tells_nobody(
    world: World, browser: Browser, receiver: Receiver
) -> None:
    await _log_in_at(world, browser, receiver, "app")
    other = Browser(world)
    await _log_in_at(world, other, receiver, "app")
    await world.provider.log_out(await _login(other))
    await receiver.until(1)
    mine = await _login(browser)
    assert (await _verified(world, receiver.taken[0]))["sid"] != mine.id
    await other.close()


async def test_a_client_that_fails_is_told_again_by_a_new_token(
    world: World, browser: Browser
) -> None:
    replies = iter([Reply(503), Reply(200)])
    async with receiving(lambda _: next(replies)) as receiver:
        await _log_in_at(world, browser, receiver, "app")
        await world.provider.log_out(await _login(browser))
        await receiver.until(1)
    first, second = [await _verified(world, one) for one in receiver.came]
    assert first["sid"] == second["sid"]
    assert first["jti"] != second["jti"]  # who refuses a token twice does not refuse this one
    async with asyncio.timeout(5):
        while await _waiting(world):  # noqa: ASYNC110 - it is marked after the answer came
            await asyncio.sleep(0.02)


async def test_a_slow_client_holds_no_other_up(world: World, browser: Browser) -> None:
    async with receiving(lambda _: Reply(200, wait=3)) as slow, receiving() as quick:
        await _log_in_at(world, browser, slow, "slow")
        await _log_in_at(world, browser, quick, "quick")
        await world.provider.log_out(await _login(browser))
        await quick.until(1, seconds=2)
        assert slow.taken == []


async def test_two_processes_never_claim_the_same(world: World) -> None:
    db, later = world.provider.db, now() + timedelta(days=1)
    await _register(world, None, "app")
    async with db.write() as tx:
        sessions = [f"ses_{n}" for n in range(20)]
        await logout_notices.queue_for_client(tx, "app", sessions, "psn_1", later)

    async def take() -> list[str]:
        async with db.write() as tx:
            claimed = await logout_notices.claim(tx, "app", later, later + timedelta(hours=1), 3)
        return [one.login for one in claimed]

    taken = [login for some in await asyncio.gather(*(take() for _ in range(8))) for login in some]
    assert len(taken) == len(set(taken))
    async with db.write() as tx:
        left = await logout_notices.claim(tx, "app", later, later + timedelta(hours=1), 20)
        assert {one.login for one in left} == set(sessions) - set(taken)
        again = later + timedelta(hours=1)  # who claimed them died: the lease is over
        assert len(await logout_notices.claim(tx, "app", again, again, 20)) == 20


async def test_discovery_says_that_clients_are_told(world: World) -> None:
    async with world.http() as http:
        found = (await http.get("/identity/.well-known/openid-configuration")).json()
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True


async def test_a_client_registers_where_it_is_told(world: World) -> None:
    asked = {
        "redirect_uris": [CALLBACK],
        "backchannel_logout_uri": "https://app.example/out?x=1",
        "backchannel_logout_session_required": True,
    }
    answer = await _register_itself(world, asked)
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in asked} == asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"backchannel_logout_uri": "http://app.example/out"},
        {"backchannel_logout_uri": "https://app.example/out#x"},
        {"backchannel_logout_uri": "https://user@app.example/out"},
        {"backchannel_logout_uri": "//app.example/out"},
        {"backchannel_logout_uri": ["https://app.example/out"]},
        {"backchannel_logout_session_required": "true"},
    ],
)
async def test_an_unsafe_logout_uri_is_refused(world: World, wrong: dict[str, Any]) -> None:
    answer = await _register_itself(world, {"redirect_uris": [CALLBACK], **wrong})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def _register_itself(world: World, asked: dict[str, Any]) -> httpx.Response:
    async with world.http() as http:
        return await http.post(
            "/identity/register",
            json=asked,
            headers={"Authorization": f"Bearer {world.registration_token}"},
        )


async def _register(
    world: World, receiver: Receiver | None, id_: str, *, third_party: bool = False
) -> None:
    await world.register(
        Client(
            id=id_,
            name=id_,
            auth_method="none",
            grant_types=frozenset({AUTHORIZATION_CODE}),
            redirect_uris=(CALLBACK,),
            backchannel_logout_uri=receiver.url if receiver else "https://app.example/out",
            scopes=frozenset({"openid"}),
            third_party=third_party,
        )
    )


async def _log_in_at(
    world: World, browser: Browser, receiver: Receiver, client: str, who: str = "citizen"
) -> dict[str, Any]:
    await _register(world, receiver, client)
    asked = {"client_id": client, "redirect_uri": CALLBACK, "scope": "openid"}
    form = {
        "grant_type": "authorization_code",
        "client_id": client,
        "code": await browser.code(who, **asked),
        "redirect_uri": CALLBACK,
        "code_verifier": browser.pkce.verifier,
    }
    answer = await world.token(form)
    assert answer.status_code == 200, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


async def _waiting(world: World) -> int:
    async with world.provider.db.read() as connection:
        return (await logout_notices.waiting(connection))[0]


async def _login(browser: Browser) -> Login:
    provider = browser.world.provider
    secret = browser.http.cookies.get(provider.settings.cookie("login"))
    login = await current_login(provider.db, secret)
    assert login is not None
    return login


async def _verified(world: World, delivery: Delivery, client: str | None = None) -> dict[str, Any]:
    """What a logout token says, as a client checks it that trusts nothing."""
    assert delivery.headers["content-type"] == "application/x-www-form-urlencoded"
    (token,) = parse_qs(delivery.body.decode())["logout_token"]
    async with world.http() as http:
        keys = (await http.get("/identity/jwks")).json()
    told = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
    assert told.header["typ"] == "logout+jwt"
    assert told.claims["iss"] == ISSUER
    assert client in (None, told.claims["aud"])
    return told.claims


async def test_a_third_party_is_told_by_the_name_that_it_knows(
    world: World, browser: Browser, receiver: Receiver
) -> None:
    await _register(world, receiver, "third", third_party=True)
    asked = {"client_id": "third", "redirect_uri": CALLBACK, "scope": "openid"}
    page = await browser.log_in("citizen", **asked)
    left = page if page.is_redirect else await browser.submit(page, answer="yes")
    assert left.is_redirect, left.text
    login = await _login(browser)
    async with world.provider.db.read() as connection:
        client = await find_client(connection, "third")
        assert client is not None
        known = await told_subject(connection, client, login.person)
    await world.provider.log_out(login)
    await receiver.until(1)
    told = await _verified(world, receiver.taken[0], "third")
    assert told["sub"] == known
    assert told["sub"] != world.person("citizen")
