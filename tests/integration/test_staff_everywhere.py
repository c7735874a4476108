"""An office or a deputation that ends is refused by every service, each asked directly."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

import services.cases.app
import services.cases.settings
import services.catalogue.app
import services.catalogue.settings
import services.exchange.app
import services.exchange.settings
import services.traces.app
import services.traces.settings
from tests.support.desk import Desk, at_desk, soon
from tests.support.identity import Browser, running_identity
from tests.support.stations import until

BEHIND: dict[str, tuple[Any, Any]] = {
    "catalogue": (services.catalogue.app, services.catalogue.settings),
    "cases": (services.cases.app, services.cases.settings),
    "exchange": (services.exchange.app, services.exchange.settings),
    "traces": (services.traces.app, services.traces.settings),
}


class Place:
    """Identity and every service behind it on one event log."""

    def __init__(self, desk: Desk, doors: dict[str, httpx.AsyncClient]) -> None:
        self.desk = desk
        self.doors = doors

    async def answers(self, token: str, path: str = "/v1/queues") -> dict[str, int]:
        """What each service says to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return {
            name: (await door.get(path, headers=headers)).status_code
            for name, door in self.doors.items()
        }

    async def refused(self, token: str) -> bool:
        """Whether none of them takes it any more."""
        return set((await self.answers(token)).values()) == {401}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running_identity(tmp_path))
        doors = {"identity": await stack.enter_async_context(world.http())}
        for name, (made, settings) in BEHIND.items():
            given = {
                "database_url": f"sqlite:///{tmp_path}/{name}.db",
                "KEYS_FOLDER": tmp_path / "keys",
                "EVENTS_URL": f"sqlite:///{tmp_path}/events.db",
                "TONGBAN_ENVIRONMENT": "onebox",
            }
            app = made.create_app(
                settings.Settings.model_validate(given), jwks=world.provider.keys.jwks
            )
            await app.state.runtime.migrations.upgrade(app.state.runtime.db)
            await stack.enter_async_context(app.router.lifespan_context(app))
            door = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")
            doors[name] = await stack.enter_async_context(door)
        desk = await stack.enter_async_context(at_desk(world))
        yield Place(desk, doors)


async def _token(place: Place, who: str, scope: str, office: str | None = None) -> str:
    browser = Browser(place.desk.world)
    page = await browser.log_in(who, scope=scope)
    if office is not None:
        page = await browser.submit(page, office=office)
    code = page.headers["location"].split("code=")[1].split("&", maxsplit=1)[0]
    issued = await place.desk.world.token(browser.redemption(code))
    await browser.close()
    return str(issued.json()["access_token"])


async def test_who_is_deactivated_gets_in_nowhere_within_a_second(place: Place) -> None:
    token = await _token(place, "system", "openid staff ops.read")
    assert set((await place.answers(token)).values()) == {200}
    office = await place.desk.join("system", "system_administrator")
    await place.desk.done("security", f"/v1/staff/{office}/deactivate")
    await until(lambda: place.refused(token), seconds=1)


async def test_a_deputation_that_is_ended_is_refused_at_the_desk(place: Place) -> None:
    desk = place.desk
    officer = desk.world.seeded.staff["officer"]
    colleague = await desk.join("owner", "data_officer")
    path, body = f"/v1/staff/{officer}/deputations", {"deputy": colleague, "ends_at": soon(days=1)}
    deputation = (await desk.done("officer", path, body))["id"]
    scope = "openid staff cases.handle cases.read exchange.query"
    token = await _token(place, "owner", scope, deputation)
    cases = {"cases": place.doors["cases"]}
    there = Place(desk, cases)
    assert await there.answers(token, "/v1/tasks") == {"cases": 200}
    await desk.done("officer", f"/v1/deputations/{deputation}/end")
    await until(lambda: there.refused(token), seconds=1)
