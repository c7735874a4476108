"""What protects an account, for its owner."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from services.identity.store import second_factors
from services.identity.store.passkeys import Passkey, passkeys_of
from services.identity.store.people import passwords
from shared.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Password, passkeys and second step of one person."""

    password_changed: datetime | None
    passkeys: list[Passkey]
    second_step: bool
    recovery_codes: int


async def protection_of(db: Database, person: str) -> Protection:
    """Read it."""
    async with db.read() as connection:
        changed = select(passwords.c.changed_at).where(passwords.c.person == person)
        return Protection(
            password_changed=await connection.scalar(changed),
            passkeys=await passkeys_of(connection, person),
            second_step=await second_factors.has_code_app(connection, person),
            recovery_codes=await second_factors.recovery_codes_left(connection, person),
        )
