"""Schema changes: one alembic environment that serves every service's folder of migrations."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.db.errors import UnknownRevision, WriterBusy

_ENVIRONMENT = Path(__file__).parent / "alembic"
_LOCK = text("SELECT pg_try_advisory_xact_lock(7164201)")
_LOOK_SECONDS = 0.2


class Migrations:
    """One service's migrations, applied in order inside one transaction."""

    def __init__(self, folder: Path, metadata: MetaData, *, patience: float = 600.0) -> None:
        """`patience`: the seconds for which one waits while another changes the schema."""
        self._patience = patience
        self._metadata = metadata
        self._config = Config()
        self._config.set_main_option("script_location", str(_ENVIRONMENT))
        self._config.set_main_option("version_locations", str(folder))
        self._config.set_main_option("path_separator", "newline")
        self._config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
        self._config.attributes["metadata"] = metadata

    @property
    def head(self) -> str | None:
        """The newest revision that this version of the code knows."""
        return ScriptDirectory.from_config(self._config).get_current_head()

    @property
    def revisions(self) -> tuple[str, ...]:
        """Every revision that this version of the code knows, oldest first."""
        script = ScriptDirectory.from_config(self._config)
        return tuple(one.revision for one in script.walk_revisions())[::-1]

    async def upgrade(self, db: Database, revision: str = "head") -> None:
        """Bring the schema forward; two processes that start at once wait for each other."""
        async with self.alone(db) as tx:
            self._require_known(await tx.run_sync(_revision))
            await tx.run_sync(self._run, "upgrade", revision)

    async def downgrade(self, db: Database, revision: str) -> None:
        """Take the schema back to `revision` ("base" for nothing)."""
        async with self.alone(db) as tx:
            await tx.run_sync(self._run, "downgrade", revision)

    async def current(self, db: Database) -> str | None:
        """The revision that the database has."""
        async with db.read() as connection:
            return await connection.run_sync(_revision)

    async def drift(self, db: Database) -> list[object]:
        """What differs between the schema and the tables in code; empty when they agree."""
        async with db.read() as connection:
            return await connection.run_sync(self._compare)

    async def revise(self, db: Database, number: str, message: str) -> None:
        """Write the next migration from the difference between the tables and the database."""
        async with db.write() as tx:
            await tx.run_sync(self._revise, number, message)

    @asynccontextmanager
    async def alone(self, db: Database) -> AsyncGenerator[AsyncConnection]:
        """A transaction that no other change of the schema runs beside.

        It asks again and again rather than wait in the server: the change of the other may take
        longer than a statement may wait for a lock.
        """
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            async with AsyncExitStack() as stack:
                try:
                    tx = await stack.enter_async_context(db.write())
                    await _take(tx)
                except WriterBusy:
                    if asyncio.get_running_loop().time() > until:
                        raise
                else:
                    yield tx
                    return
            await asyncio.sleep(_LOOK_SECONDS)

    def _require_known(self, current: str | None) -> None:
        known = self.revisions
        if current is not None and current not in known:
            raise UnknownRevision(
                f"the schema is at {current}, which this version of the code does not know "
                f"(it knows {', '.join(sorted(known)) or 'none'}): run the newer version"
            )

    def _run(self, connection: Connection, direction: str, revision: str) -> None:
        self._config.attributes["connection"] = connection
        getattr(command, direction)(self._config, revision)

    def _compare(self, connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, self._metadata))

    def _revise(self, connection: Connection, number: str, message: str) -> None:
        self._config.attributes["connection"] = connection
        command.revision(self._config, message=message, rev_id=number, autogenerate=True)


async def _take(tx: AsyncConnection) -> None:
    """On SQLite the writer itself is the lock."""
    if tx.dialect.name == "postgresql" and not await tx.scalar(_LOCK):
        raise WriterBusy("another process changes the schema")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
