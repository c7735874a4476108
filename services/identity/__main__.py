"""python -m services.identity: serve, migrate, openapi, seed, rotate-keys …"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from services.identity.app import MIGRATIONS, create_app
from services.identity.commands.platform_clients import NAMES, ensure_platform_clients
from services.identity.commands.provider import Provider
from services.identity.commands.secrets import new_secret
from services.identity.commands.seed import Plan, seed
from services.identity.domain.errors import RuleBroken
from services.identity.domain.scopes import parse
from services.identity.settings import Settings
from services.identity.store import mechanisms
from services.identity.store.sealed import sealed
from shared.auth import keys as key_files
from shared.cli import service_cli
from shared.db import DatabaseError

R = TypeVar("R")

cli = service_cli(
    "identity", create_app, Settings, mechanisms, MIGRATIONS, port=8001, sealed=sealed
)


@cli.command("rotate-keys")
def rotate_keys() -> None:
    """Sign with the next key, which relying parties know already, and publish another."""
    typer.echo(f"signs now: {_run(lambda provider: provider.keys.rotate())}")


@cli.command("register-platform")
def register_platform() -> None:
    """Register portal and services with the public part of KEYS_FOLDER/<name>.jwk."""

    async def register(provider: Provider) -> list[str]:
        base, keys = provider.settings.public_base, _platform_keys(provider)
        return await ensure_platform_clients(provider.registration, base, keys)

    typer.echo(f"registered: {', '.join(_run(register)) or 'nothing new'}")


@cli.command("initial-token")
def initial_token(
    scope: Annotated[str, typer.Option(help="what clients may ask for")] = "openid profile",
) -> None:
    """Print a new initial access token for dynamic client registration."""
    token = new_secret()
    _run(lambda provider: provider.registration.put_initial_token(token, parse(scope)))
    typer.echo(token)


@cli.command("seed")
def seed_demo(
    people: Annotated[Path, typer.Option(help="people, organisations, delegations and staff")],
) -> None:
    """Make demo accounts (onebox only) with new random passwords, and print them."""
    listed: dict[str, Any] = json.loads(people.read_text("utf-8"))
    passwords = {one["key"]: secrets.token_urlsafe(12) for one in listed["people"]}

    async def make(provider: Provider) -> None:
        keys = _platform_keys(provider)
        await seed(provider, Plan(people=listed, passwords=passwords, client_keys=keys))

    _run(make)
    for one in listed["people"]:
        typer.echo(f"{one['key']:<24}{one['username']:<20}{passwords[one['key']]}")


def _platform_keys(provider: Provider) -> dict[str, dict[str, Any]]:
    folder = provider.settings.keys_folder
    read = key_files.load_or_create if provider.settings.onebox else key_files.load
    return {name: dict(read(folder / f"{name}.jwk").as_dict(private=False)) for name in NAMES}


def _run(act: Callable[[Provider], Awaitable[R]]) -> R:
    async def run() -> R:
        app = create_app()
        runtime = app.state.runtime
        try:
            await runtime.migrations.upgrade(runtime.db)
            return await act(app.state.provider)
        finally:
            await runtime.close()

    try:
        return asyncio.run(run())
    except (RuleBroken, DatabaseError, key_files.UnusableKey) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    cli()
