"""Ending a person's logins elsewhere, when what they rest on has changed."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.logins import Login
from services.identity.store import logins
from shared.clock import now


async def end_other_logins(
    tx: AsyncConnection, records: Records, kept: Login | str, *, why: str
) -> int:
    """End every login of the person but the one that is kept, or of a person all of them."""
    person, here = (kept, None) if isinstance(kept, str) else (kept.person, kept.id)
    moment, ended = now(), 0
    for other in await logins.open_logins(tx, person, moment):
        if other != here:
            await records.end_login(tx, other, person, why=why, at=moment)
            ended += 1
    return ended
