"""Dead letters: what consumers could not handle, for the operator to decide."""

import json
from typing import Annotated

import typer

from shared.cli.installed import Installed
from shared.cli.operator import operator
from shared.clock import rfc3339
from shared.db import Database
from shared.events import DeadLetter
from shared.evidence import Evidence
from shared.operations import Decisions

_PAGE = 50
_Id = Annotated[int, typer.Argument(help="the number that `list` shows")]
_Why = Annotated[str, typer.Option("--why", help="the reason, which is kept with the decision")]


class Desk:
    """The dead letters of one service."""

    def __init__(self, service: Installed) -> None:
        evidence = Evidence(service.mechanisms.evidence, service.name)
        self._decisions = Decisions(service.mechanisms.inbox, evidence)
        self._letters = self._decisions.letters

    async def all(self, db: Database) -> list[DeadLetter]:
        """Every one, oldest first."""
        found: list[DeadLetter] = []
        async with db.read() as connection:
            while page := await self._letters.list(
                connection, after=found[-1].id if found else 0, limit=_PAGE
            ):
                found += page
        return found

    async def one(self, db: Database, number: int) -> DeadLetter:
        """One of them."""
        async with db.read() as connection:
            return await self._letters.inspect(connection, number)

    async def replay(self, db: Database, number: int, why: str) -> None:
        """Have it tried again."""
        async with db.write() as tx:
            letter = await self._letters.inspect(tx, number)
            await self._decisions.replay(tx, letter, who=operator(), why=why)

    async def discard(self, db: Database, number: int, why: str) -> None:
        """Give it up."""
        async with db.write() as tx:
            letter = await self._letters.inspect(tx, number)
            await self._decisions.discard(tx, letter, who=operator(), why=why)


def add(cli: typer.Typer, service: Installed) -> None:
    """`dead-letters list`, `show`, `replay` and `discard`."""
    group = typer.Typer(help="Events that a consumer could not handle.")
    cli.add_typer(group, name="dead-letters")
    desk = Desk(service)

    @group.command("list")
    def list_all() -> None:
        """List them, oldest first."""
        letters = service.on_tables(desk.all)
        for letter in letters:
            typer.echo(_line(letter))
        if not letters:
            typer.echo("没有死信 (no dead letters)")

    @group.command("show")
    def show(letter: _Id) -> None:
        """Show one with its event."""
        found = service.on_tables(lambda db: desk.one(db, letter))
        typer.echo(f"{_line(found)}\n{_event(found)}")

    @group.command("replay")
    def replay(letter: _Id, why: _Why) -> None:
        """Have it tried again at once; after a gap: the missing events will not come."""
        service.on_tables(lambda db: desk.replay(db, letter, _said(why)))
        typer.echo(f"死信 {letter} 将重试 (will be tried again)")

    @group.command("discard")
    def discard(letter: _Id, why: _Why) -> None:
        """Give the event up for good; those behind it go on."""
        service.on_tables(lambda db: desk.discard(db, letter, _said(why)))
        typer.echo(f"死信 {letter} 已放弃 (is given up)")


def _said(why: str) -> str:
    if not why.strip():
        raise typer.BadParameter("请说明原因 (say why)", param_hint="--why")
    return why.strip()


def _line(letter: DeadLetter) -> str:
    at = rfc3339(letter.dead_at or letter.parked_at)
    return (
        f"{letter.id}  {at}  {letter.consumer}  {letter.type or '?'}  "
        f"{letter.subject}  {letter.why.value}：{letter.reason}；"
        f"试过 {letter.attempts} 次，其后等待 {letter.waiting} 条 "
        f"({letter.attempts} tries, {letter.waiting} wait behind it)"
    )


def _event(letter: DeadLetter) -> str:
    """The event to be read; bytes that are no JSON as they are."""
    text = letter.envelope.decode("utf-8", "backslashreplace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
