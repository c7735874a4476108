"""What the administrators did, read from the evidence in which each act is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store import mechanisms


@dataclass(frozen=True, slots=True)
class Act:
    """One row: the act, on what, by whom, and its facts, all of them codes and opaque ids."""

    id: str
    at: datetime
    act: str
    subject: str
    actor: str
    facts: dict[str, Any]


async def acts_before(connection: AsyncConnection, before: str | None, limit: int) -> list[Act]:
    """The newest first; `before` is the last id already seen."""
    rows = mechanisms.evidence.rows
    query = select(rows.c.row).order_by(rows.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(rows.c.id < before)
    return [_act(orjson.loads(row)) for row in await connection.scalars(query)]


def _act(row: dict[str, Any]) -> Act:
    return Act(
        row["id"],
        datetime.fromisoformat(row["at"]),
        row["act"],
        row["subject"],
        str(row["actor"]),
        row["facts"],
    )
