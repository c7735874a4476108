"""Keeping another service's checkpoints, so that it cannot rewrite its log unseen."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import now
from shared.evidence.errors import Fork, Refused, Stale
from shared.evidence.verify import (
    Checkpoint,
    VerificationError,
    VerifierKey,
    open_checkpoint,
    verify_consistency,
)


class Witness:
    """Takes the checkpoints of the logs whose keys it was given, and of no other."""

    def __init__(self, table: Table, keys: Mapping[str, Sequence[VerifierKey]]) -> None:
        """`keys`: for each log's origin the key it signs with, and those it signed with before."""
        self._table = table
        self._keys = keys

    async def held(self, connection: AsyncConnection, origin: str) -> Checkpoint | None:
        """The newest checkpoint of a log: what the next consistency proof starts from."""
        columns = self._table.c
        note = await connection.scalar(
            select(columns.note)
            .where(columns.origin == origin)
            .order_by(columns.size.desc())
            .limit(1)
        )
        return None if note is None else Checkpoint.parse(note)

    async def accept(
        self, tx: AsyncConnection, note: str, proof: Sequence[bytes] = ()
    ) -> Checkpoint:
        """Keep a checkpoint that continues the one held; raises Fork when it does not.

        The first one of a log is taken as it is. One that is held already is taken again.
        """
        offered = self._opened(note)
        held = await self.held(tx, offered.origin)
        if held is not None:
            if offered.size < held.size:
                return await self._seen_before(tx, offered, held)
            if not verify_consistency(held.size, offered.size, proof, held.root, offered.root):
                raise Fork(held, offered)
            if offered.size == held.size:
                return held
        await tx.execute(
            insert(self._table).values(
                origin=offered.origin, size=offered.size, note=offered.note, received_at=now()
            )
        )
        return offered

    async def _seen_before(
        self, tx: AsyncConnection, offered: Checkpoint, held: Checkpoint
    ) -> Checkpoint:
        columns = self._table.c
        note = await tx.scalar(
            select(columns.note).where(
                columns.origin == offered.origin, columns.size == offered.size
            )
        )
        if note is None:
            raise Stale(held)
        if (before := Checkpoint.parse(note)).root != offered.root:
            raise Fork(before, offered)
        return before

    def _opened(self, note: str) -> Checkpoint:
        try:
            origin = Checkpoint.parse(note).origin
            if origin not in self._keys:
                raise Refused(f"this witness has no key of the log {origin!r}")
            return open_checkpoint(note, self._keys[origin])
        except VerificationError as error:
            raise Refused(str(error)) from error
