"""Ending a login, asked for by its person or by a client (OpenID Connect RP-Initiated Logout)."""

from services.identity.commands.records import Records
from services.identity.domain.logins import Login
from shared.clock import now
from shared.db import Database


class LogOut:
    """The act of logging out."""

    def __init__(self, db: Database, records: Records) -> None:
        self._db = db
        self._records = records

    async def __call__(self, login: Login) -> None:
        """End the login, its grants and, by event, every token with its `sid`."""
        async with self._db.write() as tx:
            await self._records.end_login(tx, login.id, login.person, why="logout", at=now())
