"""Events told of an aggregate so far: the counter that makes their sequence gapless."""

from sqlalchemy import Table, update
from sqlalchemy.ext.asyncio import AsyncConnection


async def next_sequence(tx: AsyncConnection, table: Table, id_: str) -> int:
    """Count one more event of this row; the row is locked until the transaction ends."""
    told = (
        update(table)
        .where(table.c.id == id_)
        .values(sequence=table.c.sequence + 1)
        .returning(table.c.sequence)
    )
    return int((await tx.execute(told)).scalar_one())
