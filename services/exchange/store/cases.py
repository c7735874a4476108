"""What events told of cases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.domain import Case, Party
from services.exchange.store.tables import known_cases


class Cases:
    """The known cases of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, number: str) -> Case | None:
        """A case whose applicant is known."""
        found = select(known_cases).where(known_cases.c.number == number)
        row = (await self._connection.execute(found)).one_or_none()
        if row is None or row.party is None:
            return None
        party = Party(row.party_type, row.party)
        return Case(row.number, row.department, row.item, party, row.status)

    async def save(self, number: str, facts: Mapping[str, Any]) -> None:
        """Store what an event told of a case; what it did not tell stays."""
        change = update(known_cases).where(known_cases.c.number == number).values(**facts)
        if (await self._connection.execute(change)).rowcount == 0:
            await self._connection.execute(insert(known_cases).values(number=number, **facts))
