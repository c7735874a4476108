"""`serve`, `migrate`, `downgrade`, `revise` and `openapi`, and what operators do beside them."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from fastapi import FastAPI

from shared import failpoints
from shared.cli import dead_letters, evidence, keys
from shared.cli.errors import OneLine
from shared.cli.installed import Installed
from shared.cli.serving import serve_app
from shared.crypto import SealedTable
from shared.db import Migrations
from shared.service import Mechanisms, ServiceSettings

# An index on many rows takes what it takes; nobody waits for its answer.
_MIGRATION_SECONDS = 24 * 3600.0


def service_cli(
    name: str,
    create_app: Callable[[], FastAPI],
    settings: type[ServiceSettings],
    mechanisms: Mechanisms,
    migrations_folder: Path,
    *,
    port: int,
    sealed: Sequence[SealedTable] = (),
) -> typer.Typer:
    """The commands of a service, which may add its own; `sealed`: all that its keyring seals."""
    cli = typer.Typer(
        help=f"The {name} service.",
        cls=OneLine,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    migrations = Migrations(migrations_folder, mechanisms.metadata)
    service = Installed(name, settings, mechanisms, migrations, sealed)
    _add_serving(cli, create_app, port)
    _add_schema(cli, service)
    keys.add(cli, service)
    evidence.add(cli, service)
    dead_letters.add(cli, service)
    return cli


def _add_serving(cli: typer.Typer, create_app: Callable[[], FastAPI], port: int) -> None:
    @cli.command()
    def serve(
        host: str = "127.0.0.1",
        port: int = port,
        uds: Annotated[str | None, typer.Option(help="a Unix socket instead of a port")] = None,
        fd: Annotated[
            int | None,
            typer.Option(min=0, help="a socket that is open already; --uds is then a second one"),
        ] = None,
    ) -> None:
        """Serve the API; without its keys the service does not start."""
        app = create_app()
        app.state.runtime.open_keys()
        failpoints.arm(os.environ.get("FAILPOINT", ""))
        serve_app(app, host=host, port=port, uds=uds, fd=fd)

    @cli.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        document = orjson.dumps(create_app().openapi(), option=orjson.OPT_INDENT_2)
        sys.stdout.write(document.decode() + "\n")


def _add_schema(cli: typer.Typer, service: Installed) -> None:
    migrations = service.migrations

    @cli.command()
    def migrate() -> None:
        """Bring the database's schema to what this version needs."""
        service.on_database(migrations.upgrade, statement_seconds=_MIGRATION_SECONDS)
        typer.echo(f"the schema of {service.name} is at {migrations.head}")

    @cli.command()
    def downgrade(revision: str) -> None:
        """Take the schema back to REVISION."""
        service.on_database(
            lambda db: migrations.downgrade(db, revision), statement_seconds=_MIGRATION_SECONDS
        )

    @cli.command()
    def revise(number: str, message: str) -> None:
        """Write migration NUMBER from the difference between the tables and the database."""
        service.on_database(lambda db: migrations.revise(db, number, message))
