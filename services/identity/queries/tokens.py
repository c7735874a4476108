"""Whether a token still holds here and now, beyond what its signature and dates say."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.grants import Grant
from services.identity.store import grants, tokens
from services.identity.store.standing import Fallen, standing
from shared.auth import Subject
from shared.clock import now
from shared.db import Database


async def still_holds(db: Database, subject: Subject) -> bool:
    """Not revoked, and what its grant rests on still stands."""
    async with db.read() as connection:
        if await tokens.is_revoked(connection, subject.token_id):
            return False
        if not subject.is_person:
            return True
        return await _standing_grant(connection, subject) is not None


async def standing_grant(db: Database, subject: Subject) -> Grant | None:
    """The grant of a person's token that still holds."""
    async with db.read() as connection:
        if await tokens.is_revoked(connection, subject.token_id):
            return None
        return await _standing_grant(connection, subject)


async def _standing_grant(connection: AsyncConnection, subject: Subject) -> Grant | None:
    known = await tokens.grant_of(connection, subject.token_id)
    grant = await grants.find_grant(connection, known) if known else None
    if grant is None:
        return None
    try:
        await standing(connection, grant, now())
    except Fallen:
        return None
    return grant
