"""What identity told of client systems."""

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import known_clients


class Clients:
    """The known clients of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def follows(self, client: str, department: str) -> bool:
        """Whether nothing is known that takes the right to this department's events away."""
        found = select(known_clients).where(known_clients.c.client == client)
        row = (await self._connection.execute(found)).one_or_none()
        return row is None or (bool(row.follows) and row.department == department)

    async def save(self, client: str, department: str | None, *, follows: bool) -> None:
        """Store what an event told."""
        facts = {"department": department, "follows": follows}
        change = update(known_clients).where(known_clients.c.client == client).values(**facts)
        if (await self._connection.execute(change)).rowcount == 0:
            await self._connection.execute(insert(known_clients).values(client=client, **facts))
