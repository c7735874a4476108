"""Second factors of a person: the secret of a code app (TOTP), and recovery codes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.store.metadata import metadata
from shared.crypto import FieldCipher, Keyring
from shared.db import Key, UTCDateTime

code_apps = Table(
    "code_apps",
    metadata,
    Column("person", Key(40), ForeignKey("people.id"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("hash", Key(64), primary_key=True),
    Column("person", Key(40), ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", UTCDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class CodeApp:
    """A secret that a person's app shares with us, and the last time step that was used."""

    secret: str
    last_step: int
    created_at: datetime


class CodeApps:
    """The secrets, sealed to their person."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first secret is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "code_apps")

    async def put(
        self, tx: AsyncConnection, person: str, secret: str, last_step: int, at: datetime
    ) -> None:
        """Store a person's app in the place of an earlier one."""
        await self.remove(tx, person)
        sealed = self._cipher.seal("secret", person, secret)
        row = {"person": person, "secret": sealed, "last_step": last_step, "created_at": at}
        await tx.execute(insert(code_apps).values(row))

    async def find(
        self, connection: AsyncConnection, person: str, *, lock: bool = False
    ) -> CodeApp | None:
        """A person's app; `lock`: no second use of a code at the same moment."""
        query = select(code_apps).where(code_apps.c.person == person)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        if row is None:
            return None
        secret = self._cipher.open("secret", person, row.secret)
        return CodeApp(secret, row.last_step, row.created_at)

    async def used(self, tx: AsyncConnection, person: str, step: int) -> None:
        """This time step and those before it are good no more."""
        done = update(code_apps).where(code_apps.c.person == person)
        await tx.execute(done.values(last_step=step))

    async def remove(self, tx: AsyncConnection, person: str) -> bool:
        """Forget it; False when there was none."""
        gone = delete(code_apps).where(code_apps.c.person == person)
        return bool((await tx.execute(gone)).rowcount)


async def has_code_app(connection: AsyncConnection, person: str) -> bool:
    """Whether a second proof is asked after a password."""
    query = select(code_apps.c.person).where(code_apps.c.person == person)
    return await connection.scalar(query) is not None


async def put_recovery_codes(
    tx: AsyncConnection, person: str, hashes: Iterable[str], at: datetime
) -> None:
    """Store new codes; none of the earlier ones is good any more."""
    await tx.execute(delete(recovery_codes).where(recovery_codes.c.person == person))
    rows = [{"hash": one, "person": person, "created_at": at} for one in hashes]
    if rows:
        await tx.execute(insert(recovery_codes), rows)


async def use_recovery_code(tx: AsyncConnection, person: str, hashed: str) -> bool:
    """Use one up; False when the person has no such code."""
    used = delete(recovery_codes).where(
        recovery_codes.c.hash == hashed, recovery_codes.c.person == person
    )
    return bool((await tx.execute(used)).rowcount)


async def recovery_codes_left(connection: AsyncConnection, person: str) -> int:
    """How many have not been used."""
    query = select(func.count()).select_from(recovery_codes)
    return int(await connection.scalar(query.where(recovery_codes.c.person == person)) or 0)
