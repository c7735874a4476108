"""Reading a service's evidence: receipts, proofs for witnesses, and the export for auditors."""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database
from shared.evidence.errors import NotYetSealed, UnknownRow
from shared.evidence.merkle import consistency_parts, inclusion_parts
from shared.evidence.tables import EvidenceTables
from shared.evidence.tiles import Tree
from shared.evidence.verify import Checkpoint

_PAGE = 500


async def last_checkpoint(connection: AsyncConnection, tables: EvidenceTables) -> Checkpoint | None:
    """The newest checkpoint, or None before the first."""
    notes = tables.checkpoints
    note = await connection.scalar(select(notes.c.note).order_by(notes.c.size.desc()).limit(1))
    return None if note is None else Checkpoint.parse(note)


class EvidenceLog:
    """What was sealed, as others may see it."""

    def __init__(self, tables: EvidenceTables) -> None:
        self._tables = tables
        self._tree = Tree(tables.tiles)

    async def checkpoint(self, connection: AsyncConnection) -> Checkpoint | None:
        """The newest checkpoint, or None before the first."""
        return await last_checkpoint(connection, self._tables)

    async def receipt(self, connection: AsyncConnection, row_id: str) -> dict[str, Any]:
        """Row, position, inclusion proof and checkpoint: verifiable with the public key alone."""
        rows = self._tables.rows
        row = (await connection.execute(select(rows).where(rows.c.id == row_id))).first()
        if row is None:
            raise UnknownRow(f"there is no evidence {row_id}")
        last = await self.checkpoint(connection)
        if row.position is None or last is None or row.position >= last.size:
            raise NotYetSealed(f"evidence {row_id} gets its checkpoint within a second")
        proof = await self._tree.roots(connection, inclusion_parts(row.position, last.size))
        return {
            "row": row.row,
            "position": row.position,
            "proof": [b64encode(step).decode() for step in proof],
            "checkpoint": last.note,
        }

    async def consistency(self, connection: AsyncConnection, old: int, new: int) -> list[bytes]:
        """The proof that the log at `new` rows continues what it was at `old` rows."""
        if not 0 <= old <= new:
            raise ValueError(f"a proof goes from a smaller to a greater size, not {old} to {new}")
        last = await self.checkpoint(connection)
        if new > (last.size if last else 0):
            raise NotYetSealed(f"the log has no checkpoint at {new} rows yet")
        return await self._tree.roots(connection, consistency_parts(old, new))

    async def export(self, db: Database) -> AsyncGenerator[str]:
        """Every sealed row as a line of JSON, page by page, so that no view is held open."""
        rows = self._tables.rows
        next_position = 0
        async with db.read() as connection:
            last = await self.checkpoint(connection)
        end = last.size if last else 0
        while next_position < end:
            page = (
                select(rows.c.position, rows.c.leaf, rows.c.row)
                .where(rows.c.position >= next_position, rows.c.position < end)
                .order_by(rows.c.position)
                .limit(_PAGE)
            )
            async with db.read() as connection:
                found = (await connection.execute(page)).all()
            for row in found:
                yield _line(row.position, row.leaf, row.row)
            # A row that is missing is not skipped in silence: the verifier finds the gap.
            next_position = found[-1].position + 1 if found else end

    async def checkpoints(self, db: Database, after: int = 0) -> AsyncGenerator[str]:
        """Every checkpoint above a size as a signed note, in order."""
        notes = self._tables.checkpoints
        while True:
            page = select(notes).where(notes.c.size > after).order_by(notes.c.size).limit(_PAGE)
            async with db.read() as connection:
                found = (await connection.execute(page)).all()
            for row in found:
                yield row.note
            if len(found) < _PAGE:
                return
            after = found[-1].size


def _line(position: int, leaf: bytes, row: str) -> str:
    entry = {"position": position, "leaf": leaf.hex(), "row": row}
    return json.dumps(entry, ensure_ascii=False) + "\n"
