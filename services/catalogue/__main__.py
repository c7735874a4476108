"""python -m services.catalogue: serve, migrate, openapi, import …"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.catalogue.app import MIGRATIONS, create_app
from services.catalogue.commands import Publishing
from services.catalogue.commands.importing import Import, ImportFailed, Mapping, Report
from services.catalogue.settings import Settings
from services.catalogue.store import mechanisms
from shared.cli import service_cli
from shared.db import DatabaseError
from shared.service import Runtime
from shared.settings import load

cli = service_cli("catalogue", create_app, Settings, mechanisms, MIGRATIONS, port=8002)


@cli.command("import")
def import_items(
    file: Annotated[Path, typer.Argument(help="a list of items: CSV, Excel or JSON")],
    mapping: Annotated[Path | None, typer.Option(help="which field is which (TOML)")] = None,
    dry_run: Annotated[bool, typer.Option(help="only say what would happen")] = False,
) -> None:
    """Import items; says for each refused row what is wrong, and keeps the good ones."""
    try:
        typer.echo(asyncio.run(_import(file, mapping, dry_run)))
    except (ImportFailed, DatabaseError) as error:
        typer.echo(f"没有导入 (not imported)：{error}", err=True)
        raise typer.Exit(2) from None


async def _import(file: Path, mapping: Path | None, dry_run: bool) -> Report:
    settings = load(Settings)
    runtime = Runtime("catalogue", settings, mechanisms, MIGRATIONS)
    publishing = Publishing(runtime.outbox, runtime.evidence, settings.timezone)
    try:
        await runtime.migrations.upgrade(runtime.db)
        plan = Mapping.load(mapping) if mapping else None
        return await Import(runtime.db, publishing, "import").run(file, plan, dry_run=dry_run)
    finally:
        await runtime.close()


if __name__ == "__main__":
    cli()
