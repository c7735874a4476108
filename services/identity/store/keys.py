"""Signing keys: the next one is published before it signs, the last until its tokens have ended."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, LargeBinary, String, Table, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.key_schedule import KeyState
from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Document, Key, UTCDateTime

# SQLite has one writer anyway.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7164202)")

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Key(64), primary_key=True),
    Column("private", LargeBinary, nullable=False),
    Column("public", Document(), nullable=False),
    Column("state", String(8), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)


class SigningKeyStore:
    """The keys in the database, private parts sealed."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first key is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "signing_keys")

    async def all(self, connection: AsyncConnection) -> list[tuple[str, dict[str, Any], str]]:
        """State, public JWK and sealed private JWK opened, of every key."""
        rows = await connection.execute(select(signing_keys).order_by(signing_keys.c.changed_at))
        return [
            (row.state, row.public, self._cipher.open("private", row.kid, row.private))
            for row in rows
        ]

    async def states(self, connection: AsyncConnection) -> list[KeyState]:
        """What each key is, and since when."""
        table = signing_keys
        query = select(table.c.kid, table.c.state, table.c.changed_at)
        return [KeyState(*row) for row in await connection.execute(query)]

    async def lock(self, tx: AsyncConnection) -> list[KeyState]:
        """The same; others that would change them wait, also while there is none yet."""
        if tx.dialect.name == "postgresql":
            await tx.execute(_ONE_AT_A_TIME)
        return await self.states(tx)

    async def add(
        self,
        tx: AsyncConnection,
        private: dict[str, Any],
        public: dict[str, Any],
        state: str,
        at: datetime,
    ) -> None:
        """Store a new key."""
        kid = str(public["kid"])
        sealed = self._cipher.seal("private", kid, json.dumps(private))
        row = {"kid": kid, "private": sealed, "public": public, "state": state, "changed_at": at}
        await tx.execute(insert(signing_keys).values(row))

    async def move(self, tx: AsyncConnection, kid: str, state: str, at: datetime) -> None:
        """Give a key its next state."""
        moved = update(signing_keys).where(signing_keys.c.kid == kid)
        await tx.execute(moved.values(state=state, changed_at=at))

    async def drop(self, tx: AsyncConnection, kid: str) -> None:
        """Forget a key at once."""
        await tx.execute(delete(signing_keys).where(signing_keys.c.kid == kid))

    async def forget_retired(self, tx: AsyncConnection, before: datetime) -> None:
        """Drop keys that stopped signing before this moment."""
        old = (signing_keys.c.state == "retired") & (signing_keys.c.changed_at < before)
        await tx.execute(delete(signing_keys).where(old))
