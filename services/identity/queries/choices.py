"""For whom a person may act now."""

from dataclasses import dataclass

from services.identity.domain.delegations import Delegation
from services.identity.store import delegations, organisations
from services.identity.store.people import People
from shared.clock import now
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Choice:
    """An organisation that the person may act for, and by which authority."""

    delegation: Delegation
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The person's own name, and the organisations."""

    name: str | None
    organisations: list[Choice]


async def choices_of(db: Database, people: People, person: str) -> Choices:
    """Oneself comes first; organisations in the order in which the authority was given."""
    found: list[Choice] = []
    async with db.read() as connection:
        myself = await people.find(connection, person)
        for held in await delegations.held_by(connection, person, now()):
            row = await organisations.find_organisation(connection, held.organisation)
            if row is not None:
                found.append(Choice(held, row.name, row.code))
    return Choices(myself.open("name") if myself else None, found)
