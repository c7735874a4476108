"""An identity with administrators and officers at their desks, and what each of them may call."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from services.identity.domain.staff import Duties
from services.identity.domain.systems import Place
from services.identity.store import people
from shared.clock import now
from shared.ids import new_id
from tests.support.identity import DEPARTMENT, PASSWORD, REGION, Browser, World, returned

HALL = "11990102MB4479776G"
ADMINISTRATORS = {
    "system": "system_administrator",
    "auditor": "audit_administrator",
}


class Desk:
    """People at their desks by their keys; tokens are asked for once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = world.http()
        self._hash: str | None = None
        self._tokens: dict[tuple[str, str | None], str] = {}

    async def join(
        self, key: str, *roles: str, department: str = DEPARTMENT, region: str = REGION
    ) -> str:
        """Give somebody, with an account made now if need be, one office more; its id."""
        provider = self.world.provider
        if self._hash is None:
            self._hash = await provider.passwords.hash(PASSWORD)
        async with provider.db.write() as tx:
            if key not in self.world.seeded.people:
                person = self.world.seeded.people[key] = new_id("psn")
                await provider.people.add(
                    tx, person, login_name=key, level=3, at=now(), name=f"职员{key}"
                )
                await people.set_password(tx, person, self._hash, now())
            office, _ = await provider.offices.give(
                tx,
                self.world.person(key),
                Place(department, region),
                Duties((), roles),
                by="tests",
                also=True,
            )
        return office.id

    async def token(self, key: str, office: str | None = None) -> str:
        """A token for somebody's desk; `office`: which of several, or a deputation."""
        if (key, office) not in self._tokens:
            self._tokens[key, office] = await self.new_token(key, office)
        return self._tokens[key, office]

    async def new_token(self, key: str, office: str | None = None) -> str:
        """The same by a new login."""
        return str((await self.issued(key, office))["access_token"])

    async def issued(self, key: str, office: str | None = None) -> dict[str, Any]:
        """What the token endpoint answers to a new login for the desk."""
        browser = Browser(self.world)
        scope = "openid staff identity.self identity.manage cases.handle cases.read"
        page = await browser.log_in(key, scope=scope)
        if page.status_code == 200:
            assert office is not None, page.text
            page = await browser.submit(page, office=office)
        answer = await self.world.token(browser.redemption(returned(page)["code"]))
        await browser.close()
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(
        self, who: str, path: str, office: str | None = None, **query: Any
    ) -> httpx.Response:
        """A GET as somebody."""
        headers = {"Authorization": f"Bearer {await self.token(who, office)}"}
        return await self.http.get(path, headers=headers, params=query)

    async def post(
        self,
        who: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        office: str | None = None,
        method: str = "POST",
        **headers: str,
    ) -> httpx.Response:
        """A POST (or another `method`) as somebody."""
        sent = {"Authorization": f"Bearer {await self.token(who, office)}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, path, headers=sent, json=body)

    async def done(self, who: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer of a POST that works."""
        answer = await self.post(who, path, body)
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def at_desk(world: World) -> AsyncGenerator[Desk]:
    """The desks of a world, with its three administrators."""
    desk = Desk(world)
    for key, role in ADMINISTRATORS.items():
        await desk.join(key, role)
    yield desk
    await desk.http.aclose()


def soon(**by: float) -> str:
    """A moment after now, for a body."""
    return (now() + timedelta(**by)).isoformat()
