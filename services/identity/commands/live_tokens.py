"""Whether a token still holds here and now, beyond what its signature and dates say."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.together import Together
from services.identity.domain.grants import Grant
from services.identity.store import grants, tokens
from services.identity.store.standing import Fallen, standing
from shared.auth import Subject
from shared.clock import now
from shared.db import Database


class LiveTokens:
    """Asks the records; nothing is remembered, so a revocation counts at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._revoked = Together(self._read_revoked)

    async def hold(self, subject: Subject) -> bool:
        """Not revoked, and what its grant rests on still stands."""
        if subject.is_person:
            return await self.grant(subject) is not None
        return not await self._revoked(subject.token_id)

    async def grant(self, subject: Subject) -> Grant | None:
        """The grant of a person's token, if it holds."""
        if await self._revoked(subject.token_id):
            return None
        async with self._db.read() as connection:
            return await _standing_grant(connection, subject)

    async def close(self) -> None:
        """Let what is under way end."""
        await self._revoked.close()

    async def _read_revoked(self, ids: Collection[str]) -> Mapping[str, bool]:
        async with self._db.read_single() as connection:
            return dict.fromkeys(await tokens.revoked_of(connection, ids), True)


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
