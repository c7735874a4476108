import asyncio
import subprocess
import sys
from pathlib import Path

from services.cases.store.tables import mechanisms
from shared.db import Database
from shared.evidence import CheckpointSigner, Evidence, Sealer
from tests.support.commands import Operator

VERIFY = Path(__file__).parents[3] / "shared/evidence/verify.py"


async def act(operator: Operator, *, sealed: bool = True) -> None:
    """One act on a case; its evidence is sealed by the service's own key."""
    db = Database(operator.database("cases"))
    async with db.write() as tx:
        evidence = Evidence(mechanisms.evidence, "cases")
        await evidence.record(tx, act="accept", subject="1", actor="stf_1")
    if sealed:
        key = operator.keys / "cases.evidence.key"
        signer = CheckpointSigner.load(key, "tongban/cases")
        await Sealer(db, mechanisms.evidence, signer).seal_once()
    await db.dispose()


def verified(folder: Path) -> tuple[int, str]:
    """What an auditor hears about the three files."""
    rows, notes, key = (str(folder / name) for name in ("rows", "notes", "key"))
    command = [sys.executable, str(VERIFY), rows, "--checkpoints", notes, "--key", key]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_exported_evidence_is_verified_and_a_changed_row_found(
    operator: Operator, tmp_path: Path
) -> None:
    operator.does("cases", "make-keys")
    operator.does("cases", "migrate")
    for _ in range(2):
        asyncio.run(act(operator))
    asyncio.run(act(operator, sealed=False))
    assert "2 行 (rows)" in operator.does("cases", "evidence", "export", str(tmp_path / "rows"))
    operator.does("cases", "evidence", "checkpoints", str(tmp_path / "notes"))
    (tmp_path / "key").write_text(operator.does("cases", "evidence", "key"))
    assert verified(tmp_path) == (0, "OK: 2 rows hold under 2 checkpoints\n")

    rows = tmp_path / "rows"
    rows.write_text(rows.read_text().replace("stf_1", "stf_2"))
    assert verified(tmp_path)[0] == 1


def test_a_file_that_cannot_be_written_is_told(operator: Operator, tmp_path: Path) -> None:
    operator.does("cases", "migrate")
    nowhere = str(tmp_path / "none" / "rows")
    assert "cannot be written" in operator.refused("cases", "evidence", "export", nowhere)
