"""Handing a service's evidence to an auditor."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.errors import Refused
from shared.cli.installed import Installed
from shared.db import Database
from shared.evidence import CheckpointSigner, EvidenceLog

_File = Annotated[Path, typer.Argument(help="the file to write; an older one is replaced")]


def add(cli: typer.Typer, service: Installed) -> None:
    """`evidence export`, `evidence checkpoints` and `evidence key`."""
    group = typer.Typer(help="Evidence for auditors; shared/evidence/verify.py verifies it.")
    cli.add_typer(group, name="evidence")
    log = EvidenceLog(service.mechanisms.evidence)

    @group.command("export")
    def export(file: _File) -> None:
        """Write every sealed row into FILE, a line of JSON each, also while the service runs."""
        rows = service.on_tables(lambda db: _write(file, log.export(db)))
        typer.echo(f"{file}：{rows} 行 (rows)")

    @group.command("checkpoints")
    def checkpoints(file: _File) -> None:
        """Write every signed checkpoint into FILE."""

        async def write(db: Database) -> int:
            return await _write(file, (note + "\n" async for note in log.checkpoints(db)))

        typer.echo(f"{file}：{service.on_tables(write)} 个检查点 (checkpoints)")

    @group.command("key")
    def key() -> None:
        """Print the public key: note it on the day of the installation."""
        files = service.keys
        typer.echo(str(CheckpointSigner.load(files.evidence, files.origin).verifier))


async def _write(file: Path, parts: AsyncIterator[str]) -> int:
    """Write the file, whole or not at all; gives the number of parts."""
    draft = file.with_name(f".{file.name}.draft")
    count = 0
    try:
        with draft.open("w", encoding="utf-8") as written:
            async for part in parts:
                written.write(part)
                count += 1
        draft.replace(file)
    except OSError as error:
        reason = error.strerror or "?"
        raise Refused(f"{file} 不能写入：{reason}", f"{file} cannot be written") from None
    finally:
        draft.unlink(missing_ok=True)
    return count
