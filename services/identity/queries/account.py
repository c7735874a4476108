"""What the overview of an account shows of the last days."""

from services.identity.domain.logins import Login
from services.identity.domain.proofs import Evidence
from services.identity.store import logins, proofs
from shared.access import Access, AccessLog
from shared.db import Database

_MOST = 5


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
