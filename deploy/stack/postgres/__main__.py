"""What a database administrator asks for: `python -m deploy.stack.postgres …`."""

import asyncio
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from deploy.stack.postgres.passwords import Passwords, verifier
from deploy.stack.postgres.place import CONNECTIONS, Place
from deploy.stack.postgres.provision import provision, script

cli = typer.Typer(
    help="The services' databases and roles on a PostgreSQL of yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_Services = Annotated[list[str], typer.Argument(help="such as: identity catalogue cases")]
_Connections = Annotated[int, typer.Option(help="how many each service may have at once", min=1)]
_File = Annotated[
    Path, typer.Option("--passwords", help="a file of your own (0600): role to password, JSON")
]


@cli.command("sql")
def sql(
    services: _Services,
    connections: _Connections = CONNECTIONS,
    passwords: Annotated[
        Path | None,
        typer.Option(help="made or read here, printed as verifiers; without it psql asks"),
    ] = None,
) -> None:
    """Print the SQL, for psql, that makes or mends databases and roles."""
    places = _places(services, connections)
    known = {} if passwords is None else _passwords(passwords, places, anew=False)
    typer.echo(script(places, {role: verifier(word) for role, word in known.items()}), nl=False)


@cli.command("provision")
def provide(
    services: _Services,
    passwords: _File,
    server: Annotated[
        str, typer.Option(help="URL of who may make roles; leave its password to ~/.pgpass")
    ],
    connections: _Connections = CONNECTIONS,
    rotate: Annotated[bool, typer.Option(help="new passwords for all of these")] = False,
) -> None:
    """Do the same on a server that can be reached from here."""
    places = _places(services, connections)
    known = _passwords(passwords, places, anew=rotate)
    try:
        asyncio.run(provision(server, services, known, connections=connections))
    except (OSError, asyncpg.PostgresError) as error:
        typer.echo(f"数据库没有照办 (the database did not do it)：{error}", err=True)
        raise typer.Exit(2) from None
    for place in places:
        typer.echo(f"{place.database}: {place.owner} (migrate), {place.runtime} (serve)")


def _places(services: list[str], connections: int) -> list[Place]:
    try:
        return [Place(service, connections) for service in services]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _passwords(file: Path, places: list[Place], *, anew: bool) -> dict[str, str]:
    roles = [role for place in places for role in place.roles]
    kept = Passwords.keep(file, roles, anew=anew)
    return {role: kept[role] for role in roles}


if __name__ == "__main__":
    cli()
