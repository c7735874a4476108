"""What may be used once in the whole installation: assertions of clients, proofs of possession."""

import asyncio
from datetime import datetime

from services.identity.store import tokens
from shared.db import Database

_MOST = 200


class UsedOnce:
    """Remembers in the database, so that no process takes what another has seen.

    Whoever comes while a statement is under way goes with the next one: under load many are
    stored by one commit, and a lone one waits for nobody.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, tuple[datetime, asyncio.Future[bool]]] = {}
        self._writing: asyncio.Task[None] | None = None

    async def first(self, hashed: str, until: datetime) -> bool:
        """Store that it was used, to be remembered until then; False when it was used before."""
        if hashed in self._waiting:
            return False  # a twin in this very moment: the one that came first has it
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[hashed] = (until, told)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await told

    async def close(self) -> None:
        """Let what is under way end."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:_MOST])
                for hashed in batch:
                    del self._waiting[hashed]
                await self._store(batch)
        finally:
            self._writing = None

    async def _store(self, batch: dict[str, tuple[datetime, asyncio.Future[bool]]]) -> None:
        rows = {hashed: until for hashed, (until, _) in batch.items()}
        try:
            async with self._db.write_single() as tx:
                fresh = await tokens.use_assertions(tx, rows)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for _, told in batch.values():
                if not told.done():
                    told.set_exception(error)
            return
        for hashed, (_, told) in batch.items():
            if not told.done():
                told.set_result(hashed in fresh)
