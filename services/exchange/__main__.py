"""python -m services.exchange: serve, migrate, openapi, load …"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.exchange.app import MIGRATIONS, create_app
from services.exchange.commands import BadFile, Loaded, load
from services.exchange.settings import Settings
from services.exchange.store import mechanisms
from services.exchange.store.sealed import sealed
from shared import settings
from shared.cli import service_cli
from shared.db import DatabaseError
from shared.service import Runtime

cli = service_cli(
    "exchange", create_app, Settings, mechanisms, MIGRATIONS, port=8004, sealed=sealed
)


@cli.command("load")
def load_file(
    file: Annotated[Path, typer.Argument(help="resources and permits as JSON")],
    connector_url: Annotated[
        str | None, typer.Option(help="stands in for the URL of every connector in the file")
    ] = None,
) -> None:
    """Load resources and permits; what did not change stays, what was revoked stays revoked."""
    try:
        typer.echo(asyncio.run(_load(file, connector_url)))
    except (BadFile, DatabaseError) as error:
        typer.echo(f"没有载入 (not loaded)：{error}", err=True)
        raise typer.Exit(2) from None


async def _load(file: Path, connector_url: str | None) -> Loaded:
    runtime = Runtime("exchange", settings.load(Settings), mechanisms, MIGRATIONS)
    try:
        await runtime.migrations.upgrade(runtime.db)
        return await load(runtime, file, connector_url=connector_url)
    finally:
        await runtime.close()


if __name__ == "__main__":
    cli()
