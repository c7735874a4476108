"""The command line that every service has: `python -m services.<name> …`."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import typer
import uvicorn
from fastapi import FastAPI
from sqlalchemy import MetaData

from shared import failpoints
from shared.db import Database, DatabaseError, Migrations
from shared.service import ServiceSettings
from shared.settings import load


def service_cli(
    name: str,
    create_app: Callable[[], FastAPI],
    settings: type[ServiceSettings],
    metadata: MetaData,
    migrations_folder: Path,
    *,
    port: int,
) -> typer.Typer:
    """`serve`, `migrate`, `downgrade`, `revise` and `openapi`; a service may add its own."""
    cli = typer.Typer(
        help=f"The {name} service.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    migrations = Migrations(migrations_folder, metadata)

    @cli.command()
    def serve(host: str = "127.0.0.1", port: int = port, uds: str | None = None) -> None:
        """Serve the API (on a Unix socket with --uds)."""
        app = create_app()
        failpoints.arm(os.environ.get("FAILPOINT", ""))
        uvicorn.run(app, host=host, port=port, uds=uds, log_config=None, access_log=False)

    @cli.command()
    def migrate() -> None:
        """Bring the database's schema to what this version needs."""
        _with_database(settings, migrations.upgrade)
        typer.echo(f"the schema of {name} is at {migrations.head}")

    @cli.command()
    def downgrade(revision: str) -> None:
        """Take the schema back to REVISION."""
        _with_database(settings, lambda db: migrations.downgrade(db, revision))

    @cli.command()
    def revise(number: str, message: str) -> None:
        """Write migration NUMBER from the difference between the tables and the database."""
        _with_database(settings, lambda db: migrations.revise(db, number, message))

    @cli.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        document = orjson.dumps(create_app().openapi(), option=orjson.OPT_INDENT_2)
        sys.stdout.write(document.decode() + "\n")

    return cli


def _with_database(
    settings: type[ServiceSettings], act: Callable[[Database], Awaitable[object]]
) -> None:
    async def run() -> None:
        db = Database(load(settings).database_url)
        try:
            await act(db)
        finally:
            await db.dispose()

    try:
        asyncio.run(run())
    except DatabaseError as error:
        raise SystemExit(f"the database did not answer: {error}") from None
