"""Changes of how somebody logs in: their effect on other logins, and the trace they leave."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.logins import Login
from services.identity.store import logins
from shared.clock import now


async def end_other_logins(tx: AsyncConnection, records: Records, login: Login, *, why: str) -> int:
    """End every login of the person but this one; gives how many there were."""
    moment, ended = now(), 0
    for other in await logins.open_logins(tx, login.person, moment):
        if other != login.id:
            await records.end_login(tx, other, login.person, why=why, at=moment)
            ended += 1
    return ended
