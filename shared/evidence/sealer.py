"""Gives waiting rows their position, appends them to the tree and signs a checkpoint.

It runs where the relay runs: under the one leadership of its service. Should two run by mistake,
they take turns, so that one history is signed.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import now
from shared.db import Database, DatabaseError
from shared.events.backoff import Backoff, pause
from shared.evidence.errors import Damaged
from shared.evidence.log import last_checkpoint
from shared.evidence.signing import CheckpointSigner
from shared.evidence.tables import EvidenceTables
from shared.evidence.tiles import Tree
from shared.evidence.verify import EMPTY_ROOT, Checkpoint

_log = structlog.get_logger("evidence")


class Sealer:
    """Seals at most `batch` rows per checkpoint, and looks for more every `every` seconds."""

    def __init__(
        self,
        db: Database,
        tables: EvidenceTables,
        signer: CheckpointSigner,
        *,
        batch: int = 1_000,
        every: float = 1.0,
    ) -> None:
        self._db = db
        self._tables = tables
        self._signer = signer
        self._tree = Tree(tables.tiles)
        self._batch = batch
        self._every = every
        self._retry = Backoff(first=every)

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until told to stop; what fails is said and tried again, ever more slowly."""
        failures = 0
        while not stop.is_set():
            try:
                while await self.seal_once() and await self._many_wait():
                    if stop.is_set():
                        return
                failures = 0
            except (DatabaseError, SQLAlchemyError, Damaged) as error:
                failures += 1
                _log.error("sealing_failed", log=self._signer.origin, reason=str(error))
            await pause(stop, self._retry.delay(failures) if failures else self._every)

    async def seal_once(self) -> Checkpoint | None:
        """Seal what waits, up to a batch; None when nothing does."""
        if not await self._waiting(1):
            return None
        async with self._db.write() as tx:
            await self._take_turn(tx)
            size = await self._sound_size(tx)
            leaves = await self._give_positions(tx, size)
            if not leaves:
                return None
            await self._tree.append(tx, size, leaves)
            size += len(leaves)
            checkpoint = self._signer.sign(size, await self._tree.root(tx, size))
            await tx.execute(
                insert(self._tables.checkpoints).values(
                    size=size, note=checkpoint.note, sealed_at=now()
                )
            )
        return checkpoint

    async def _many_wait(self) -> bool:
        return await self._waiting(self._batch) == self._batch

    async def _waiting(self, up_to: int) -> int:
        """How many rows wait; it does not count further than it needs, nor take the writer."""
        rows = self._tables.rows
        page = select(rows.c.id).where(rows.c.position.is_(None)).limit(up_to).subquery()
        async with self._db.read() as connection:
            return await connection.scalar(select(func.count()).select_from(page)) or 0

    async def _take_turn(self, tx: AsyncConnection) -> None:
        """Hold off another sealer until the commit; on SQLite the writer does so already."""
        if self._db.dialect == "postgresql":
            name = self._tables.checkpoints.name
            await tx.execute(text(f"LOCK TABLE {name} IN EXCLUSIVE MODE"))

    async def _sound_size(self, tx: AsyncConnection) -> int:
        """The size of the tree, after making sure that it is still the one that was signed."""
        last = await last_checkpoint(tx, self._tables)
        size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
        if await self._tree.root(tx, size) != root:
            raise Damaged(
                f"the tree of {self._signer.origin} no longer gives the root of its checkpoint at "
                f"{size} rows: export and verify the evidence, then restore the tables"
            )
        return size

    async def _give_positions(self, tx: AsyncConnection, size: int) -> Sequence[bytes]:
        """Number the oldest waiting rows from `size` on; their leaves in that order."""
        rows = self._tables.rows
        ranked = (
            select(rows.c.id, func.row_number().over(order_by=rows.c.id).label("rank"))
            .where(rows.c.position.is_(None))
            .order_by(rows.c.id)
            .limit(self._batch)
            .subquery()
        )
        numbered = await tx.execute(
            update(rows)
            .where(rows.c.id == ranked.c.id)
            .values(position=ranked.c.rank + (size - 1))
            .returning(rows.c.position, rows.c.leaf)
        )
        return [bytes(row.leaf) for row in sorted(numbered, key=lambda row: row.position)]
