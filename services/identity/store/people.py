"""Natural persons: sealed fields that are found by blind index, and their passwords."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Key, UTCDateTime

people = Table(
    "people",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("login_name", Key(32), unique=True),
    Column("name", LargeBinary),
    Column("id_number", LargeBinary),
    Column("id_number_index", Key(48), unique=True),
    Column("phone", LargeBinary),
    Column("phone_index", Key(48), unique=True),
    Column("email", LargeBinary),
    Column("email_index", Key(48), index=True),
    Column("level", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

passwords = Table(
    "passwords",
    metadata,
    Column("person", Key(40), ForeignKey("people.id"), primary_key=True),
    Column("hash", String(200), nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

INDEXED = ("id_number", "phone", "email")
SEALED = ("name", *INDEXED)


@dataclass(frozen=True, slots=True)
class Person:
    """A person's record; sealed fields are opened one by one when they are asked for."""

    id: str
    login_name: str | None
    level: int
    status: str
    version: int
    created_at: datetime
    _row: Row[Any]
    _cipher: FieldCipher

    def open(self, field: str) -> str | None:
        """The plain value of `name`, `id_number`, `phone` or `email`."""
        sealed = getattr(self._row, field)
        return None if sealed is None else self._cipher.open(field, self.id, sealed)

    def proven(self, field: str) -> bool:
        """Whether the person has shown that this number or address is his: only then is he found
        by it.
        """
        return getattr(self._row, f"{field}_index") is not None


class People:
    """The people that this installation knows."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first field is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "people")

    async def add(
        self,
        tx: AsyncConnection,
        person: str,
        *,
        login_name: str | None,
        level: int,
        at: datetime,
        unproven: Collection[str] = (),
        **plain: str | None,
    ) -> None:
        """Store a new person; by fields that are `unproven` nobody is found or logs in."""
        await tx.execute(
            insert(people).values(
                id=person,
                login_name=login_name,
                level=level,
                status="active",
                sequence=0,
                version=1,
                created_at=at,
                changed_at=at,
                **self._sealed(person, plain, unproven),
            )
        )

    async def change(
        self,
        tx: AsyncConnection,
        person: str,
        *,
        at: datetime,
        level: int,
        login_name: str | None,
        **plain: str | None,
    ) -> None:
        """Replace a person's fields."""
        await tx.execute(
            update(people)
            .where(people.c.id == person)
            .values(
                login_name=login_name,
                level=level,
                version=people.c.version + 1,
                changed_at=at,
                **self._sealed(person, plain),
            )
        )

    async def prove(self, tx: AsyncConnection, person: str, **plain: str | None) -> None:
        """Store fields that are proved: from now on the person is found by them."""
        await tx.execute(
            update(people)
            .where(people.c.id == person)
            .values(version=people.c.version + 1, **self._sealed(person, plain))
        )

    async def find(self, connection: AsyncConnection, person: str) -> Person | None:
        """The person with this id."""
        return await self._one(connection, people.c.id == person)

    async def by_login_name(self, connection: AsyncConnection, name: str) -> Person | None:
        """The person with this login name."""
        return await self._one(connection, people.c.login_name == name)

    async def by_index(self, connection: AsyncConnection, field: str, value: str) -> Person | None:
        """The person with this identity number or phone, whichever key indexed it."""
        if not value:
            return None
        indexes = self._cipher.indexes(field, value)
        return await self._one(connection, people.c[f"{field}_index"].in_(indexes))

    async def only_by_index(
        self, connection: AsyncConnection, field: str, value: str
    ) -> Person | None:
        """The same, but nobody where several have it: mailboxes may be shared."""
        column = people.c[f"{field}_index"]
        query = select(people).where(column.in_(self._cipher.indexes(field, value))).limit(2)
        rows = (await connection.execute(query)).all()
        return self._person(rows[0]) if len(rows) == 1 else None

    def fingerprint(self, text: str) -> str:
        """A keyed hash under which something that somebody typed may be counted."""
        return self._cipher.index("typed", text or "-")

    async def _one(self, connection: AsyncConnection, condition: Any) -> Person | None:
        row = (await connection.execute(select(people).where(condition))).first()
        return None if row is None else self._person(row)

    def _person(self, row: Row[Any]) -> Person:
        return Person(
            row.id,
            row.login_name,
            row.level,
            row.status,
            row.version,
            row.created_at,
            row,
            self._cipher,
        )

    def _sealed(
        self, person: str, plain: dict[str, str | None], unproven: Collection[str] = ()
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field, value in plain.items():
            values[field] = None if value is None else self._cipher.seal(field, person, value)
            if field in INDEXED:
                hidden = value is None or field in unproven
                index = None if hidden else self._cipher.index(field, value or "")
                values[f"{field}_index"] = index
        return values


async def password_hash(connection: AsyncConnection, person: str) -> str | None:
    """The stored hash of a person's password."""
    return await connection.scalar(select(passwords.c.hash).where(passwords.c.person == person))


async def set_password(tx: AsyncConnection, person: str, hashed: str, at: datetime) -> None:
    """Store the hash of a new password."""
    values = {"hash": hashed, "changed_at": at}
    done = await tx.execute(update(passwords).where(passwords.c.person == person).values(values))
    if not done.rowcount:
        await tx.execute(insert(passwords).values(person=person, **values))


async def raise_level(tx: AsyncConnection, person: str, level: int, at: datetime) -> None:
    """Store a higher real-name level."""
    raised = update(people).where(people.c.id == person)
    await tx.execute(raised.values(level=level, changed_at=at))


async def is_active(connection: AsyncConnection, person: str) -> bool:
    """Whether there is such a person and the account is not closed."""
    query = select(people.c.status).where(people.c.id == person)
    return await connection.scalar(query) == "active"
