"""From which id on the relay has to look.

On PostgreSQL deleted rows stay in the index until no snapshot needs them, and a scan from the
start gets slow under a long one. But ids are not in commit order: a transaction that is still
open may hold an id far below those already relayed. So the start moves past an id only when every
transaction that was running when the id was seen has ended. On SQLite, whose one writer gives ids
in commit order and which keeps no dead rows, it never needs to move.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

LOOK_SECONDS = 1.0
_OLDEST_RUNNING = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
# An id of our own: all that run now have a lower one. The snapshot's xmax does not say that: it
# follows the newest that has ended, and one that runs may lie above it.
_NEXT = text("SELECT pg_current_xact_id()::text::bigint")


@dataclass(frozen=True, slots=True)
class _Mark:
    seen: int
    transaction: int


class Horizon:
    """The lowest id that the outbox can still hold or get."""

    def __init__(self, table: Table, dialect: str) -> None:
        self.low = 0
        self._id = table.c.id
        self._moves = dialect == "postgresql"
        self._seen = 0
        self._mark: _Mark | None = None
        self._next_look = 0.0

    def saw(self, last_id: int) -> None:
        """Remember the highest id that was read."""
        self._seen = max(self._seen, last_id)

    async def look(self, connection: AsyncConnection) -> None:
        """Move the start forward when that is safe; it asks once a second at most."""
        now = asyncio.get_running_loop().time()
        if not self._moves or now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if self._mark is not None:
            oldest = await connection.scalar(_OLDEST_RUNNING)
            if oldest >= self._mark.transaction:
                first = await connection.scalar(
                    select(func.min(self._id)).where(self._id >= self.low)
                )
                beyond = self._mark.seen + 1
                self.low = beyond if first is None else min(first, beyond)
                self._mark = None
        if self._mark is None and self._seen >= self.low:
            self._mark = _Mark(self._seen, await connection.scalar(_NEXT) or 0)
