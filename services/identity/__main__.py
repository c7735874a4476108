"""python -m services.identity: serve, migrate, register-client, appoint-staff, rotate-keys …"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from services.identity.app import MIGRATIONS, create_app
from services.identity.commands.import_staff import Report, import_staff, new_accounts
from services.identity.commands.operating import (
    NewSystem,
    appoint_staff,
    register_organisation,
    register_system,
)
from services.identity.commands.platform_clients import NAMES, ensure_platform_clients
from services.identity.commands.provider import Provider
from services.identity.commands.secrets import new_secret
from services.identity.commands.seed import Plan, seed
from services.identity.commands.staff_table import Row, keep_passwords, read_table
from services.identity.domain.errors import RuleBroken
from services.identity.domain.oauth import OAuthError
from services.identity.domain.roles import known_roles
from services.identity.domain.scopes import parse
from services.identity.domain.staff import Duties, known_positions
from services.identity.domain.systems import place, place_or_none
from services.identity.settings import Settings
from services.identity.store import mechanisms
from services.identity.store.roles import all_roles
from services.identity.store.sealed import sealed
from shared.auth import keys as key_files
from shared.cli import Refused, operator, service_cli

R = TypeVar("R")
Department = Annotated[str, typer.Option(help="the department's unified code, 18 characters")]
Region = Annotated[str, typer.Option(help="the region's code: 6, 9 or 12 digits")]

cli = service_cli(
    "identity", create_app, Settings, mechanisms, MIGRATIONS, port=8001, sealed=sealed
)


@cli.command("rotate-keys")
def rotate_keys(
    withdraw: Annotated[
        list[str] | None, typer.Option(help="the kid of a stolen key: published no more, at once")
    ] = None,
) -> None:
    """Sign with the next key, which relying parties know already, and publish another."""
    if withdraw:
        signs = _run(lambda provider: provider.keys.withdraw(withdraw, operator()))
    else:
        signs = _run(lambda provider: provider.keys.rotate())
    typer.echo(f"现在签名 (signs now)：{signs}")


@cli.command("register-platform")
def register_platform(
    keys_in: Annotated[
        list[Path] | None,
        typer.Option("--keys", help="a folder with such keys, several times; else KEYS_FOLDER"),
    ] = None,
) -> None:
    """Register portal and services with the public part of KEYS_FOLDER/<name>.jwk."""

    async def register(provider: Provider) -> list[str]:
        base, keys = provider.settings.public_base, _platform_keys(provider, keys_in or ())
        return await ensure_platform_clients(provider.registration, base, keys)

    typer.echo(f"已登记 (registered)：{', '.join(_run(register)) or '没有新的 (nothing new)'}")


@cli.command("register-client")
def register_client(
    name: Annotated[str, typer.Argument(help="what people call the system")],
    scope: Annotated[list[str], typer.Option(help="what it may do; several times or with spaces")],
    department: Annotated[str | None, typer.Option(help="whose system it is")] = None,
    region: Annotated[str | None, typer.Option(help="the region that it works for")] = None,
    client_id: Annotated[str | None, typer.Option("--id", help="else one is made")] = None,
    jwks: Annotated[
        Path | None, typer.Option(help="its public keys as a JWK set, instead of a secret")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="a file with a random secret of yours, which is not shown")
    ] = None,
    renew: Annotated[bool, typer.Option("--renew", help="other keys or scopes for --id")] = False,
) -> None:
    """Register a department's system, or a monitoring system without one; shows its secret once."""
    if jwks is not None and secret_file is not None:
        raise Refused("--jwks 与 --secret-file 只能用一个", "use --jwks or --secret-file, not both")
    keys = None if jwks is None else _json(jwks)
    own = None if secret_file is None else _text(secret_file)

    async def register(provider: Provider) -> tuple[str, str | None]:
        system = NewSystem(
            name=name,
            scopes=scope,
            place=place_or_none(department, region),
            id=client_id,
            keys=keys,
            secret=own,
            renew=renew,
        )
        return await register_system(provider, system, by=operator())

    made, secret = _run(register)
    typer.echo(f"client_id: {made}")
    if secret is not None:
        typer.echo(f"client_secret: {secret}")
        typer.echo("密钥只显示这一次 (the secret is shown this once)", err=True)


@cli.command("appoint-staff")
def appoint(
    login_name: Annotated[str, typer.Argument(help="the person's login name")],
    department: Department,
    region: Region,
    role: Annotated[list[str], typer.Option(help="what the office opens; several times")],
    position: Annotated[
        list[str] | None, typer.Option(help="as the department calls it; several times")
    ] = None,
    also: Annotated[
        bool, typer.Option("--also", help="beside the office that the person has")
    ] = False,
) -> None:
    """Give a person who has an account an office, new or instead of his only one."""

    async def give(provider: Provider) -> tuple[str, bool]:
        async with provider.db.read() as connection:
            roles = known_roles(role, await all_roles(connection))
        duties, at = Duties(known_positions(position or ()), roles), place(department, region)
        return await appoint_staff(provider, login_name, at, duties, by=operator(), also=also)

    office, new = _run(give)
    typer.echo(f"{'已任命 (appointed)' if new else '已是如此 (nothing new)'}：{office}")


@cli.command("import-staff")
def import_table(
    file: Annotated[Path, typer.Argument(help="CSV or Excel, one office a line")],
    sheet: Annotated[str | None, typer.Option(help="of an Excel file, else the first")] = None,
    passwords: Annotated[
        Path | None, typer.Option(help="a new file for the first passwords of new accounts")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would happen")] = False,
) -> None:
    """Appoint everybody of a table, with accounts where they have none; all or nothing."""
    rows = _rows(file, sheet)

    async def bring_in(provider: Provider) -> Report:
        hashes: dict[str, str] = {}
        if passwords is not None and not dry_run:
            first = {name: new_secret()[:16] for name in await new_accounts(provider, rows)}
            keep_passwords(passwords, first)
            hashes = {name: await provider.passwords.hash(one) for name, one in first.items()}
        return await import_staff(provider, rows, by=operator(), dry_run=dry_run, hashes=hashes)

    report = _run(bring_in)
    typer.echo(str(report))
    if report.flaws:
        raise Refused("没有导入任何一行", "nothing was imported: mend these lines")
    if dry_run:
        typer.echo("只是预演，没有改动 (a dry run: nothing changed)")


@cli.command("register-organisation")
def register_an_organisation(
    name: Annotated[str, typer.Argument(help="the name on its licence")],
    code: Annotated[str, typer.Option(help="its unified social credit code")],
    representative: Annotated[
        str, typer.Option(help="the login name of its legal representative, who acts for it")
    ],
) -> None:
    """Make an organisation known, so that its legal representative can act for it."""

    async def register(provider: Provider) -> str:
        return await register_organisation(
            provider, name=name, code=code, representative=representative, by=operator()
        )

    typer.echo(f"已登记 (registered)：{_run(register)}")


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
    listed = _json(people)
    passwords = {one["key"]: secrets.token_urlsafe(12) for one in listed["people"]}

    async def make(provider: Provider) -> None:
        keys = _platform_keys(provider)
        await seed(provider, Plan(people=listed, passwords=passwords, client_keys=keys))

    _run(make)
    for one in listed["people"]:
        typer.echo(f"{one['key']:<24}{one['username']:<20}{passwords[one['key']]}")


def _rows(file: Path, sheet: str | None) -> list[Row]:
    try:
        return read_table(file, sheet)
    except RuleBroken as broken:
        raise Refused(broken.zh, broken.en) from None


def _platform_keys(provider: Provider, folders: Sequence[Path] = ()) -> dict[str, dict[str, Any]]:
    """Each client's key from the first of the folders that has it; the last is KEYS_FOLDER."""
    read = key_files.load_or_create if provider.settings.onebox else key_files.load
    found = {}
    for name in NAMES:
        files = [folder / f"{name}.jwk" for folder in (*folders, provider.settings.keys_folder)]
        file = next((file for file in files if file.exists()), files[-1])
        found[name] = dict(read(file).as_dict(private=False))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file} 不能读取", f"cannot be read: {error}") from None


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{file} 不能读作 JSON", f"cannot be read as JSON: {error}") from None
    if not isinstance(content, dict):
        raise Refused(f"{file} 应是一个 JSON 对象", "must hold a JSON object")
    return content


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
    except RuleBroken as broken:
        raise Refused(broken.zh, broken.en) from None
    except OAuthError as error:
        raise Refused("不能这样登记", error.description) from None


if __name__ == "__main__":
    cli()
