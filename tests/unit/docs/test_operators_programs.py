"""The small programs of docs/operations.md do what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from sqlalchemy import MetaData

from services.identity.app import MIGRATIONS
from services.identity.store import mechanisms
from shared.crypto import Keyring
from shared.db import Database, Migrations
from shared.events import inbox_tables
from shared.evidence import CheckpointSigner, Evidence, Sealer, evidence_tables

ROOT = Path(__file__).parents[3]
VERIFY = ROOT / "shared/evidence/verify.py"


def program(part: str) -> str:
    """The one program of the page that contains this."""
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    found = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if part in code]
    assert len(found) == 1
    return str(found[0])


def run(code: str, folder: Path, *arguments: str) -> str:
    """Run it in a folder as an operator would; gives what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def verified(rows: Path) -> tuple[int, str]:
    """What verify.py says to an export, with the checkpoints and the key beside it."""
    notes, key = rows.with_suffix(".checkpoints"), rows.with_suffix(".pub")
    command = [sys.executable, str(VERIFY), str(rows), "--checkpoints", str(notes)]
    done = subprocess.run(
        [*command, "--key", str(key)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


async def sealed_evidence(folder: Path) -> None:
    """A service's database with one act, sealed, and its key."""
    metadata = MetaData()
    tables, db = evidence_tables(metadata), Database(f"sqlite:///{folder}/var/cases.db")
    signer = CheckpointSigner.create(folder / "var/keys/cases.evidence.key", "tongban/cases")
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
        await Evidence(tables, "cases").record(tx, act="cases.accept", subject="1", actor="stf_1")
    await Sealer(db, tables, signer).seal_once()
    await db.dispose()


async def test_exported_evidence_is_verified_and_a_changed_row_found(tmp_path: Path) -> None:
    await sealed_evidence(tmp_path)
    run(program("EvidenceLog"), tmp_path, "cases", str(tmp_path))
    rows = tmp_path / "cases.jsonl"
    assert verified(rows) == (0, "OK: 1 rows hold under 1 checkpoints\n")
    rows.write_text(rows.read_text().replace("stf_1", "stf_2"))
    assert verified(rows)[0] == 1


async def test_dead_letters_are_listed(tmp_path: Path) -> None:
    metadata = MetaData()
    inbox_tables(metadata)
    db = Database(f"sqlite:///{tmp_path}/var/exchange.db")
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
    await db.dispose()
    assert run(program("DeadLetters"), tmp_path, "exchange", "list") == ""


def test_keys_are_made_once_and_a_data_key_is_rotated(tmp_path: Path) -> None:
    first = run(program("load_or_create"), tmp_path)
    assert run(program("load_or_create"), tmp_path) == first
    assert run(program("rotate_data_key"), tmp_path) == "2\n"
    assert Keyring.load(tmp_path / "var/keys/cases.keyring.json").active_data_key == 2


async def test_a_departments_client_is_registered(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/var/identity.db")
    await Migrations(MIGRATIONS, mechanisms.metadata).upgrade(db)
    await db.dispose()
    run(program("load_or_create"), tmp_path)
    given = ("health-system", "卫健业务系统", "11990102MB2824177L", "990102000000")
    assert len(run(program("new_client_secret"), tmp_path, *given).strip()) >= 32
