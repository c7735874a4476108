"""Identity, another service and the gateway on one event log: what is revoked ends everywhere."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.cases.app import create_app as create_cases
from services.cases.settings import Settings
from services.identity.store import staff
from shared import clock
from tests.support.gateways import Stack, launch
from tests.support.identity import Browser, World, claims, running_identity
from tests.support.stations import until

CITIZEN = "openid cases.apply cases.read identity.self"
OFFICER = "openid staff cases.handle cases.read"


@dataclass
class Town:
    """Where a token can be shown."""

    world: World
    gateway: httpx.AsyncClient
    cases: httpx.AsyncClient

    async def answers(self, token: str) -> tuple[int, int]:
        """What the gateway and the service behind it say to a token, each asked directly."""
        headers = {"Authorization": f"Bearer {token}"}
        path = "/v1/tasks" if "staff" in claims(token) else "/v1/cases"
        at_gateway = await self.gateway.get(f"/api/cases{path}", headers=headers)
        at_service = await self.cases.get(path, headers=headers)
        return at_gateway.status_code, at_service.status_code

    async def soon_refuse(self, token: str) -> None:
        """Wait a second at most until both refuse it."""
        await until(lambda: self._refused(token), seconds=1)

    async def post(self, path: str, token: str) -> None:
        """An act at identity that must succeed."""
        async with self.world.http() as http:
            answer = await http.post(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text

    async def token(self, who: str, scope: str = CITIZEN) -> str:
        """The token of somebody who logs in for himself with a new browser."""
        browser = Browser(self.world)
        issued = await browser.tokens(who, scope=scope)
        await browser.close()
        return str(issued["access_token"])

    async def agent(self) -> tuple[str, str]:
        """The token of an agent who acts for the restaurant, and the delegation it names."""
        browser = Browser(self.world)
        page = await browser.log_in("agent", scope=CITIZEN)
        delegation = "dlg_" + page.text.split('value="dlg_')[1].split('"', maxsplit=1)[0]
        chosen = await browser.submit(page, **{"for": delegation})
        code = chosen.headers["location"].split("code=")[1].split("&", maxsplit=1)[0]
        issued = (await self.world.token(browser.redemption(code))).json()
        await browser.close()
        return str(issued["access_token"]), delegation

    async def _refused(self, token: str) -> bool:
        return await self.answers(token) == (401, 401)


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Town]:
    """The three of them, on what lies in the folder."""
    log = f"sqlite:///{folder}/events.db"
    async with running_identity(folder) as world:
        settings = {
            "database_url": f"sqlite:///{folder}/cases.db",
            "KEYS_FOLDER": folder / "keys",
            "EVENTS_URL": log,
            "TONGBAN_ENVIRONMENT": "onebox",
        }
        app = create_cases(Settings.model_validate(settings), jwks=world.provider.keys.jwks)
        await app.state.runtime.migrations.upgrade(app.state.runtime.db)
        cases = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cases")
        stack = Stack(folder)
        stack.clients.append(cases)
        async with app.router.lifespan_context(app):
            try:
                upstreams = {"identity": world.app, "cases": app}
                running = await launch(stack, upstreams, own_verifier=True, EVENTS_URL=log)
                yield Town(world, running.client, cases)
            finally:
                await stack.close()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncGenerator[Town]:
    async with opened(tmp_path) as running:
        yield running


async def delegation_revoked(town: Town) -> str:
    token, delegation = await town.agent()
    owner = await town.token("owner", "openid identity.self")
    assert await town.answers(token) == (200, 200)
    await town.post(f"/v1/me/delegations/{delegation}/revoke", owner)
    return token


async def staff_deactivated(town: Town) -> str:
    token = await town.token("officer", OFFICER)
    security = await town.token("security", "openid staff identity.manage")
    assert await town.answers(token) == (200, 200)
    await town.post(f"/v1/staff/{town.world.seeded.staff['officer']}/deactivate", security)
    return token


async def appoint_again(world: World) -> None:
    async with world.provider.db.write() as tx:
        held = await staff.lock_staff(tx, world.seeded.staff["officer"])
        assert held is not None
        await world.provider.offices.activate(tx, held, by="test")


async def login_ended(town: Town) -> str:
    browser = Browser(town.world)
    issued = await browser.tokens("citizen", scope=CITIZEN)
    assert await town.answers(issued["access_token"]) == (200, 200)
    hint = {"id_token_hint": issued["id_token"]}
    await browser.http.get("/identity/end_session", params=hint)
    await browser.close()
    return str(issued["access_token"])


async def token_revoked(town: Town) -> str:
    token = await town.token("citizen")
    assert await town.answers(token) == (200, 200)
    form = {"token": token, **town.world.proof("portal")}
    async with town.world.http() as http:
        assert (await http.post("/identity/revoke", data=form)).status_code == 200
    return token


async def key_withdrawn(town: Town) -> str:
    token = await town.token("citizen")
    assert await town.answers(token) == (200, 200)
    userinfo = await _userinfo(town, token)
    assert userinfo.status_code == 200
    keys = town.world.provider.keys
    await keys.withdraw([(await keys.signer()).kid], "test")
    return token


async def test_what_a_withdrawn_key_signed_is_refused_within_a_second(town: Town) -> None:
    token = await key_withdrawn(town)
    await town.soon_refuse(token)

    async def refused() -> bool:
        return (await _userinfo(town, token)).status_code == 401

    await until(refused, seconds=1)
    assert await town.answers(await town.token("citizen")) == (200, 200)


async def _userinfo(town: Town, token: str) -> httpx.Response:
    async with town.world.http() as http:
        return await http.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("revoke", "whose"),
    [
        (delegation_revoked, "agent"),
        (staff_deactivated, "officer"),
        (login_ended, "citizen"),
        (token_revoked, "citizen"),
    ],
)
async def test_what_is_revoked_ends_within_a_second_and_a_new_login_is_good(
    town: Town, revoke: Callable[[Town], Awaitable[str]], whose: str
) -> None:
    token = await revoke(town)
    await town.soon_refuse(token)
    assert await town.answers(await town.token(whose)) == (200, 200)


async def test_an_office_that_is_given_again_is_good_again(town: Town) -> None:
    before = await staff_deactivated(town)
    await town.soon_refuse(before)
    await appoint_again(town.world)
    with clock.at(clock.now() + timedelta(seconds=1)):  # a token tells the second of its issue
        after = await town.token("officer", OFFICER)
        assert await town.answers(after) == (200, 200)
        assert await town.answers(before) == (401, 401)


async def test_a_restart_brings_no_token_back_to_life(tmp_path: Path) -> None:
    revocations = (delegation_revoked, staff_deactivated, login_ended, token_revoked)
    async with opened(tmp_path) as town:
        ended = [await revoke(town) for revoke in revocations]
        await appoint_again(town.world)
        good = await town.token("citizen")
        for token in ended:
            await town.soon_refuse(token)
    async with opened(tmp_path) as town:
        for token in ended:
            assert await town.answers(token) == (401, 401)
        assert await town.answers(good) == (200, 200)
