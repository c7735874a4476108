"""What is not kept: values after their time, and what opens the evidence of who has left."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store import Answers
from shared.clock import now
from shared.db import Database
from shared.evidence import Evidence


class Retention:
    """Purges and erases."""

    def __init__(self, db: Database, evidence: Evidence) -> None:
        self._db = db
        self._evidence = evidence

    async def purge(self) -> int:
        """Drop the values whose time has come; say of how many calls."""
        async with self._db.write() as tx:
            return await Answers(tx).purge(now())

    async def erase(self, tx: AsyncConnection, person: str) -> None:
        """A person closed the account: no value and no salt stays; the calls name an id only."""
        await Answers(tx).forget(person)
        await self._evidence.forget(tx, person)
