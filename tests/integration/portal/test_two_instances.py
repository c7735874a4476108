"""What the portal keeps, on both databases, and two instances of it that share a visit."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from services.portal.clients import BadLogin, TokenSet
from services.portal.commands.visits import DESK, PERSON, Login, Visits
from services.portal.store import Sealed, applications, digest, logins, visits
from shared import clock
from shared.db import Database
from tests.support.portal_gateway import BASE

LIFE = timedelta(hours=8)
SECRET = "the secret of a browser"


@pytest.fixture
def kept_in(database_url: str) -> str:
    """On SQLite and on PostgreSQL in turn."""
    return database_url


class OneRefresh:
    """A provider that takes each refresh token once, and thinks about it."""

    issuer = f"{BASE}/identity"

    def __init__(self) -> None:
        self.current = {"person": "person-1", "desk": "desk-1"}
        self.asked = 0

    async def refresh(self, token: str) -> TokenSet:
        self.asked += 1
        kind, _, number = token.partition("-")
        if self.current[kind] != token:
            raise BadLogin("this refresh token was used before")
        self.current[kind] = f"{kind}-{int(number) + 1}"
        await asyncio.sleep(0.2)
        return tokens(self.current[kind])


def tokens(refresh: str, *, seconds: float = 300) -> TokenSet:
    ends = clock.now().timestamp() + seconds
    return TokenSet(f"access of {refresh}", refresh, "proof", ends)


@pytest.fixture
async def two(app: FastAPI, database_url: str) -> AsyncGenerator[tuple[Visits, Visits]]:
    """Two instances, each with its own connections; the login of both rooms ends soon."""
    runtime, provider = app.state.runtime, OneRefresh()
    other = Database(database_url)

    def instance(db: Database) -> Visits:
        provided: Any = provider
        sealed = Sealed(runtime, visits), Sealed(runtime, logins)
        return Visits(db, *sealed, provided, callback=f"{BASE}/auth/callback", life=LIFE)

    first, second = instance(runtime.db), instance(other)
    async with runtime.db.write() as tx:
        opened = {
            "id": "vis_1",
            "logins": {
                role: {"sub": "psn_1", "me": {}, "tokens": _written(tokens(f"{role}-1", seconds=5))}
                for role in (PERSON, DESK)
            },
        }
        await Sealed(runtime, visits).put(tx, digest(SECRET), opened, clock.now() + LIFE)
    yield first, second
    await other.dispose()


def _written(given: TokenSet) -> dict[str, Any]:
    return {name: getattr(given, name) for name in TokenSet.__dataclass_fields__}


async def test_who_renews_second_takes_what_the_first_was_given(
    two: tuple[Visits, Visits],
) -> None:
    first, second = two
    renewing = asyncio.create_task(first.token(SECRET, PERSON))
    await asyncio.sleep(0.1)
    late = asyncio.create_task(second.token(SECRET, PERSON))
    assert await renewing == "access of person-2"
    # The provider refused the second; the login is there all the same.
    assert await late in (None, "access of person-2")
    assert await second.token(SECRET, PERSON) == "access of person-2"


async def test_two_that_renew_different_logins_lose_neither(two: tuple[Visits, Visits]) -> None:
    first, second = two
    await asyncio.gather(first.token(SECRET, PERSON), second.token(SECRET, DESK))
    assert await second.token(SECRET, PERSON) == "access of person-2"
    assert await first.token(SECRET, DESK) == "access of desk-2"


async def test_forty_who_keep_the_same_form_at_once_leave_one_of_theirs(
    app: FastAPI, two: tuple[Visits, Visits]
) -> None:
    runtime = app.state.runtime
    sealed = Sealed(runtime, applications)

    async def keep(number: int) -> None:
        async with runtime.db.write() as tx:
            until = clock.now() + LIFE
            await sealed.put(tx, "app_1", {"seats": number}, until, visit="vis_1")

    await asyncio.gather(*(keep(number) for number in range(40)))
    async with runtime.db.read() as connection:
        found = await sealed.find(connection, "app_1", clock.now(), visit="vis_1")
        assert found in [{"seats": number} for number in range(40)]
        assert await sealed.find(connection, "app_1", clock.now(), visit="vis_2") is None


async def test_what_has_expired_is_found_no_more_and_forgotten(
    app: FastAPI, two: tuple[Visits, Visits]
) -> None:
    first, _ = two
    visit = await first.find(SECRET)
    assert visit is not None
    assert visit.logins[DESK] == replace(visit.logins[PERSON], tokens=visit.logins[DESK].tokens)
    assert isinstance(visit.logins[DESK], Login)
    with clock.at(clock.now() + LIFE + timedelta(minutes=1)):
        assert await first.find(SECRET) is None
        await first.forget()
    assert await first.find(SECRET) is None


async def test_a_login_is_taken_away_by_one_of_two(two: tuple[Visits, Visits]) -> None:
    first, second = two
    ended = await asyncio.gather(first.leave(SECRET), second.leave(SECRET))
    assert ("vis_1", "proof") in ended
    assert await first.find(SECRET) is None
