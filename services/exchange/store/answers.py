"""Values of answers, sealed to their call and kept for a short time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store.tables import answers
from shared.crypto import FieldCipher, Keyring


class Vault:
    """Seals and opens values; the keyring is read when the first answer needs it."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "answers")

    def seal(self, call: str, values: Mapping[str, Any]) -> bytes:
        """The values, so that they open for this call only."""
        return self._cipher.seal("sealed", call, orjson.dumps(values).decode())

    def open(self, call: str, sealed: bytes) -> dict[str, Any]:
        """The values again."""
        values: dict[str, Any] = orjson.loads(self._cipher.open("sealed", call, sealed))
        return values


class Answers:
    """The kept answers of one connection or transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, call: str, party: str, sealed: bytes, until: datetime) -> None:
        """Keep a sealed answer until a moment."""
        row = {"call": call, "party": party, "sealed": sealed, "kept_until": until}
        await self._connection.execute(insert(answers).values(**row))

    async def find(self, call: str, now: datetime) -> bytes | None:
        """A sealed answer whose time has not come; also when nobody has purged it yet."""
        found = select(answers.c.sealed).where(answers.c.call == call, answers.c.kept_until > now)
        sealed: bytes | None = await self._connection.scalar(found)
        return sealed

    async def purge(self, now: datetime) -> int:
        """Drop those whose time has come."""
        old = delete(answers).where(answers.c.kept_until <= now)
        return (await self._connection.execute(old)).rowcount

    async def forget(self, party: str) -> int:
        """Drop those about a person who closed the account."""
        theirs = delete(answers).where(answers.c.party == party)
        return (await self._connection.execute(theirs)).rowcount
