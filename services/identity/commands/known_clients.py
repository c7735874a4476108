"""Client systems as the protocol's endpoints look them up with every request."""

import time
from collections import OrderedDict
from collections.abc import Collection, Mapping

from services.identity.commands.together import Together
from services.identity.domain.clients import Client
from services.identity.store import clients
from shared.db import Database

_LONGEST_ID = 64
_FRESH_SECONDS = 1.0
_MOST = 10_000


class KnownClients:
    """Remembered for a second, so that what another process changed counts within seconds.

    What this process changes counts at once; who does not prove himself by what is remembered is
    judged by what is stored now.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stored = Together(self._read)
        self._known: OrderedDict[str, tuple[Client, float]] = OrderedDict()

    async def find(self, client_id: str) -> Client | None:
        """The client with this id."""
        known = self._known.get(client_id)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        return await self.stored(client_id)

    async def stored(self, client_id: str) -> Client | None:
        """The same as it is stored at this moment."""
        if len(client_id) > _LONGEST_ID:
            return None
        client = await self._stored(client_id)
        self.forget(client_id)
        if client is not None:
            self._known[client_id] = (client, time.monotonic() + _FRESH_SECONDS)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return client

    def forget(self, client_id: str) -> None:
        """It has changed: ask again."""
        self._known.pop(client_id, None)

    async def close(self) -> None:
        """Let what is under way end."""
        await self._stored.close()

    async def _read(self, ids: Collection[str]) -> Mapping[str, Client]:
        async with self._db.read_single() as connection:
            return await clients.find_clients(connection, ids)
