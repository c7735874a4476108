"""Making the keys of a new installation, and changing the key that seals."""

from pathlib import Path
from typing import Annotated

import typer

from shared.auth import keys as client_keys
from shared.cli.errors import Refused
from shared.cli.installed import Installed
from shared.crypto import FieldCipher, Keyring, reseal
from shared.db import Database
from shared.evidence import CheckpointSigner


def add(cli: typer.Typer, service: Installed) -> None:
    """`make-keys` and `rotate-data-key`."""

    @cli.command("make-keys")
    def make_keys() -> None:
        """Make the key files that are missing in KEYS_FOLDER; those that are there stay."""
        before = [path for path in service.keys.all if path.exists()]
        for path in before:
            typer.echo(f"已有，保留 (is there, stays)：{path}")
        public = _make(service)
        for path in service.keys.all:
            if path not in before:
                typer.echo(f"已生成 (made)：{path}")
        typer.echo(f"存证公钥，请另存 (public evidence key, keep a copy elsewhere)：{public}")

    @cli.command("rotate-data-key")
    def rotate_data_key(
        go_on: Annotated[
            bool, typer.Option("--go-on", help="no new key: finish a run that was cut short")
        ] = False,
    ) -> None:
        """Seal with a new data key, and seal all old rows anew, while the service runs."""
        if not service.sealed:
            raise Refused("本服务没有加密的数据", f"{service.name} seals nothing")
        service.on_tables(lambda db: _rotate(service, db, go_on=go_on))


def _make(service: Installed) -> str:
    """Make what is missing; gives the public key of the evidence."""
    files = service.keys
    if not files.keyring.exists():
        _refuse_where_data_are(service, files.keyring)
    client_keys.load_or_create(files.client)
    Keyring.create(files.keyring)
    return str(CheckpointSigner.create(files.evidence, files.origin).verifier)


def _refuse_where_data_are(service: Installed, keyring: Path) -> None:
    """A new keyring opens nothing of what a lost one sealed."""
    if service.on_database(service.schema) is not None:
        raise Refused(
            f"数据库已在使用，却没有密钥 {keyring}：从备份恢复它和 .kek；新建的空库可先删掉",
            f"the database is in use and {keyring} is missing: restore it and its .kek from the "
            "backup; a database that is new and empty can be dropped first",
        )


async def _rotate(service: Installed, db: Database, *, go_on: bool) -> None:
    keyring = Keyring.load(service.keys.keyring)
    version = keyring.active_data_key if go_on else keyring.rotate_data_key()
    typer.echo(f"当前数据密钥 (data key now)：{version}")
    for sealed in service.sealed:
        name = sealed.table.name
        changed = await reseal(db, sealed, FieldCipher(keyring, name))
        typer.echo(f"{name}：重新加密 {changed} 行 ({changed} rows sealed anew)")
    typer.echo(
        "请备份密钥文件夹；旧备份仍要旧密钥 (back up the keys; old backups need the old ones)"
    )
