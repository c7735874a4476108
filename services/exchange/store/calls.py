"""Calls: who asked what about whom, and what came of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import calls


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call as it is stored; it holds no value."""

    id: str
    at: datetime
    resource: str
    resource_version: int
    owner: str
    client: str
    department: str | None
    caller: str
    party_type: str
    party: str
    item: str | None
    case_number: str | None
    purpose: str
    permit: str | None
    basis: str
    fields: list[str]
    outcome: str
    reason: str | None
    latency_ms: int
    as_of: datetime | None
    evidence: str


class Calls:
    """The calls of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: CallRow) -> None:
        """Store a call."""
        await self._connection.execute(insert(calls).values(**asdict(row)))

    async def find(self, call_id: str) -> CallRow | None:
        """One call."""
        found = await self._connection.execute(select(calls).where(calls.c.id == call_id))
        row = found.one_or_none()
        return None if row is None else _call(row)

    async def page(
        self, visible: ColumnElement[bool], before: str | None, limit: int
    ) -> list[CallRow]:
        """Calls that `visible` lets through, newest first."""
        page = select(calls).where(visible)
        if before is not None:
            page = page.where(calls.c.id < before)
        found = await self._connection.execute(page.order_by(calls.c.id.desc()).limit(limit))
        return [_call(row) for row in found]


def _call(row: Row[Any]) -> CallRow:
    return CallRow(**row._mapping)
