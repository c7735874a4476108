"""python -m services.cases: serve, migrate, openapi, import-calendar, set-day …"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer

from services.cases.app import MIGRATIONS, create_app
from services.cases.settings import Settings
from services.cases.store import calendar
from services.cases.store.sealed import sealed
from services.cases.store.tables import mechanisms
from shared.cli import service_cli
from shared.db import Database
from shared.settings import load

cli = service_cli("cases", create_app, Settings, mechanisms, MIGRATIONS, port=8003, sealed=sealed)


@cli.command("import-calendar")
def import_calendar() -> None:
    """Take over the published holidays and make-up days; what was set by hand stays."""

    async def act(db: Database) -> str:
        async with db.write() as tx:
            days = await calendar.import_days(tx, calendar.published_days())
        return f"{days} days taken over"

    typer.echo(_with_database(act))


@cli.command("set-day")
def set_day(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    working: Annotated[bool, typer.Option("--working/--free", help="is it a working day?")],
    name: Annotated[str, typer.Option(help="what the day is called")],
    source: Annotated[str, typer.Option(help="the notice that says so")],
) -> None:
    """Set one day by hand; running processes see it within a minute."""

    async def act(db: Database) -> str:
        async with db.write() as tx:
            await calendar.override(tx, day.date(), working=working, name=name, source=source)
        return f"{day.date()} is now a {'working' if working else 'free'} day"

    typer.echo(_with_database(act))


def _with_database(act: Callable[[Database], Awaitable[str]]) -> str:
    async def run() -> str:
        db = load(Settings).open_database()
        try:
            return await act(db)
        finally:
            await db.dispose()

    return asyncio.run(run())


if __name__ == "__main__":
    cli()
