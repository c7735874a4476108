"""For whom a person may act now."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.delegations import Delegation, Principal
from services.identity.store import delegations, organisations
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Choice:
    """For whom the person may act, and by which authority; only organisations have a code."""

    delegation: Delegation
    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """The person's own name, his family, and the organisations."""

    name: str | None
    family: list[Choice]
    organisations: list[Choice]

    @property
    def all(self) -> list[Choice]:
        """Every one of them."""
        return [*self.family, *self.organisations]


async def choices_of(db: Database, people: People, person: str) -> Choices:
    """Oneself comes first, then the family, then organisations in the order they were given."""
    async with db.read() as connection:
        myself = await people.find(connection, person)
        held = await delegations.held_by(connection, person, now())
        found = [await choice_of(connection, people, one) for one in held]
    return Choices(
        myself.open("name") if myself else None,
        [one for one in found if one.delegation.principal.type == "person"],
        [one for one in found if one.delegation.principal.type == "org"],
    )


async def choice_of(connection: AsyncConnection, people: People, held: Delegation) -> Choice:
    """A delegation with the name of whom it is for."""
    name, code = await name_of(connection, people, held.principal)
    return Choice(held, name, code)


async def name_of(
    connection: AsyncConnection, people: People, principal: Principal
) -> tuple[str, str | None]:
    """What a principal is called, and an organisation's code."""
    if principal.type == "org":
        row = await organisations.find_organisation(connection, principal.id)
        return (row.name, row.code) if row else ("", None)
    found = await people.find(connection, principal.id)
    return (found.open("name") or "") if found else "", None
