"""Authorization requests that clients pushed (RFC 9126): sealed, for a minute, used once."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Key, UTCDateTime

pushed_requests = Table(
    "pushed_requests",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("client", Key(64), nullable=False),
    Column("parameters", LargeBinary, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

Pairs = Sequence[tuple[str, str]]


class PushedRequests:
    """A request may name a person (`login_hint`), so its parameters are sealed."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first request is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "pushed_requests")

    async def add(
        self, tx: AsyncConnection, hashed: str, client: str, pairs: Pairs, expires_at: datetime
    ) -> None:
        """Keep the parameters of a request under the hash of its reference."""
        sealed = self._cipher.seal("parameters", hashed, json.dumps(pairs))
        row = {"hash": hashed, "client": client, "parameters": sealed, "expires_at": expires_at}
        await tx.execute(insert(pushed_requests).values(row))

    async def take(
        self, tx: AsyncConnection, hashed: str, client: str, now: datetime
    ) -> list[tuple[str, str]] | None:
        """The parameters, for the only time; None: not this client's, used, or too old."""
        mine = (pushed_requests.c.hash == hashed) & (pushed_requests.c.client == client)
        query = select(pushed_requests).where(mine, pushed_requests.c.expires_at > now)
        row: Row[Any] | None = (await tx.execute(query.with_for_update())).first()
        if row is None:
            return None
        await tx.execute(delete(pushed_requests).where(mine))
        opened = json.loads(self._cipher.open("parameters", hashed, row.parameters))
        return [(name, value) for name, value in opened]


async def forget_pushed_requests(tx: AsyncConnection, now: datetime) -> None:
    """Drop requests that nobody came for."""
    await tx.execute(delete(pushed_requests).where(pushed_requests.c.expires_at < now))
