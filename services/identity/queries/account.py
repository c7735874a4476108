"""What the overview of an account shows of the last days."""

from datetime import datetime

from services.identity.domain.logins import Login
from services.identity.domain.proofs import Evidence
from services.identity.store import closings, logins, proofs
from shared.access import Access, AccessLog
from shared.db import Database

_MOST = 5
_MOST_READS = 100


async def latest_logins(db: Database, person: str) -> list[Login]:
    """The last logins of a person, newest first, those that ended included."""
    async with db.read() as connection:
        return await logins.latest_logins(connection, person, _MOST)


async def latest_reads(db: Database, access: AccessLog, person: str) -> list[Access]:
    """Who read the person's record lately."""
    async with db.read() as connection:
        return await access.of_person(connection, person, limit=_MOST)


async def proofs_of_person(db: Database, person: str) -> list[Evidence]:
    """By what a person proved who he is, oldest first."""
    async with db.read() as connection:
        return await proofs.proofs_of(connection, person)


async def reads_of(db: Database, access: AccessLog, person: str) -> list[Access]:
    """Who read the person's record; the copy of his data has all of it."""
    async with db.read() as connection:
        return await access.of_person(connection, person, limit=_MOST_READS)


async def closing_of_person(db: Database, person: str) -> datetime | None:
    """When the account will be closed, if that was asked for."""
    async with db.read() as connection:
        return await closings.closing_of(connection, person)
