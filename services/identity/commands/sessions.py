"""Ending a login of one's own from elsewhere."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.other_logins import end_other_logins
from services.identity.commands.records import ENDED_ELSEWHERE, Records
from services.identity.domain.logins import Login
from services.identity.store import logins
from shared.clock import now


class Sessions:
    """The acts of the session list; each runs in the caller's transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def end(self, tx: AsyncConnection, person: str, id_: str) -> bool:
        """End one login; False when it is none of this person's. To end it twice does no harm."""
        login = await logins.find_login(tx, id_)
        if login is None or login.person != person:
            return False
        if not login.ended:
            await self._records.end_login(tx, login.id, person, why=ENDED_ELSEWHERE, at=now())
            await self._records.prove(tx, "end_login", login.id, person)
        return True

    async def end_others(self, tx: AsyncConnection, kept: Login) -> int:
        """End every login of the person but this one; says how many."""
        ended = await end_other_logins(tx, self._records, kept, why=ENDED_ELSEWHERE)
        if ended:
            await self._records.prove(tx, "end_other_logins", kept.id, kept.person)
        return ended
