"""A service as its operator meets it: settings, keys and database, opened for one command."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.cli.errors import Refused
from shared.crypto import SealedTable
from shared.db import Database, Migrations
from shared.service import KeyFiles, Mechanisms, ServiceSettings
from shared.settings import load

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Installed:
    """One service; its settings are read when a command needs them."""

    name: str
    settings_class: type[ServiceSettings]
    mechanisms: Mechanisms
    migrations: Migrations
    sealed: Sequence[SealedTable]

    @property
    def settings(self) -> ServiceSettings:
        """What the environment says."""
        return load(self.settings_class)

    @property
    def keys(self) -> KeyFiles:
        """Where its keys lie."""
        return KeyFiles(self.settings.keys_folder, self.name)

    def on_database(
        self, act: Callable[[Database], Awaitable[R]], *, statement_seconds: float | None = None
    ) -> R:
        """Do something with the database, whatever schema it has."""

        async def run() -> R:
            db = self.settings.open_database(statement_seconds=statement_seconds)
            try:
                return await act(db)
            finally:
                await db.dispose()

        return asyncio.run(run())

    def on_tables(self, act: Callable[[Database], Awaitable[R]]) -> R:
        """Do something with the tables that this version knows, or say that they are not there."""

        async def checked(db: Database) -> R:
            current = await self.schema(db)
            if current != self.migrations.head:
                variable = f"{self.name.upper()}_DATABASE_URL"
                raise Refused(
                    f"数据库结构是 {current or '空'}，本程序要 {self.migrations.head}："
                    f"核对 {variable}，再执行 migrate",
                    f"the schema is at {current or 'nothing'}: look at {variable}, then migrate",
                )
            return await act(db)

        return self.on_database(checked)

    async def schema(self, db: Database) -> str | None:
        """The revision that the database has; looking for it makes no file."""
        if db.path is not None and not db.path.exists():
            return None
        return await self.migrations.current(db)
