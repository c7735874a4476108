"""Whether a token still holds here and now, beyond what its signature and dates say."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store import grants, people, tokens
from services.identity.store.standing import Fallen, standing
from shared.auth import Subject
from shared.clock import now
from shared.db import Database


async def still_holds(db: Database, subject: Subject) -> bool:
    """Not revoked, and what its grant rests on still stands."""
    async with db.read() as connection:
        if await tokens.is_revoked(connection, subject.token_id):
            return False
        return not subject.is_person or await _grant_stands(connection, subject)


async def _grant_stands(connection: AsyncConnection, subject: Subject) -> bool:
    known = await tokens.grant_of(connection, subject.token_id)
    grant = await grants.find_grant(connection, known) if known else None
    if grant is None or not await people.is_active(connection, subject.sub):
        return False
    try:
        await standing(connection, grant, now())
    except Fallen:
        return False
    return True
