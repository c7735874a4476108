"""What the account shows of acting for others: names instead of ids."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.delegations import Delegation
from services.identity.queries.choices import name_of
from services.identity.queries.delegations import delegations_of
from services.identity.store import entrustments
from services.identity.store.entrustments import Entrustment
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Shown:
    """A delegation with the names of both sides."""

    delegation: Delegation
    principal: str
    code: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request that waits: who asks, and whom, as far as the reader may know."""

    entrustment: Entrustment
    agent: str


@dataclass(frozen=True, slots=True)
class Acting:
    """Everything about acting for others on one account."""

    held: list[Shown]
    offered: list[Shown]
    given: list[Shown]
    asked: list[Request]
    wanted: list[Request]

    @property
    def granting(self) -> list[Shown]:
        """The organisations for which this person may name agents."""
        return [
            one
            for one in self.held
            if one.delegation.grants and one.delegation.principal.type == "org"
        ]


async def acting_of(db: Database, people: People, person: str) -> Acting:
    """Read it all, with names."""
    found = await delegations_of(db, person)
    async with db.read() as connection:
        waiting = await entrustments.waiting_of(connection, person, now())
        held = [await _shown(connection, people, one) for one in found.held]
        offered = [await _shown(connection, people, one) for one in found.offered]
        given = [await _shown(connection, people, one) for one in found.given]
        requests = [Request(one, await _name(connection, people, one.agent)) for one in waiting]
    return Acting(
        held,
        offered,
        given,
        asked=[one for one in requests if one.entrustment.agent == person],
        wanted=[one for one in requests if one.entrustment.agent != person],
    )


async def _shown(connection: AsyncConnection, people: People, one: Delegation) -> Shown:
    name, code = await name_of(connection, people, one.principal)
    return Shown(one, name, code, await _name(connection, people, one.agent))


async def _name(connection: AsyncConnection, people: People, person: str) -> str:
    found = await people.find(connection, person)
    return (found.open("name") or found.login_name or "") if found else ""
