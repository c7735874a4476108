"""The verifier as auditors run it: as a program of its own, on files."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.evidence import Checkpoint, CheckpointSigner
from shared.evidence import verify as verifier
from shared.evidence.verify import Frontier, VerificationError, leaf_hash, main, verify_export
from tests.support.ledger import ORIGIN, Ledger

Lines = list[dict[str, Any]]


@dataclass
class Audit:
    """An export with its checkpoints, after 3, 8 and 10 rows, and the key."""

    folder: Path
    lines: Lines
    notes: list[str]
    signer: CheckpointSigner

    def run(self, *more: str) -> int:
        export, checkpoints = self.folder / "export.jsonl", self.folder / "checkpoints"
        export.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        checkpoints.write_text("".join(self.notes))
        key = str(self.signer.verifier)
        return main([str(export), "--checkpoints", str(checkpoints), "--key", key, *more])

    def resign(self) -> None:
        """What the holder of the key can do: sign whatever the lines now say."""
        tree, sizes = Frontier(), {3, 8, len(self.lines)}
        self.notes = []
        for line in self.lines:
            tree.add(bytes.fromhex(line["leaf"]))
            if tree.size in sizes:
                self.notes.append(self.signer.sign(tree.size, tree.root()).note)


def line(position: int, row: str) -> dict[str, Any]:
    return {"position": position, "leaf": leaf_hash(row.encode()).hex(), "row": row}


def rehash(lines: Lines) -> Lines:
    """Number and hash the rows anew, as a careful forger does."""
    return [line(n, entry["row"]) for n, entry in enumerate(lines)]


@pytest.fixture
def audit(tmp_path: Path, signer: CheckpointSigner) -> Audit:
    made = Audit(tmp_path, [line(n, f'{{"act":"accept","n":{n}}}') for n in range(10)], [], signer)
    made.resign()
    return made


def test_a_whole_export_holds(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.run() == 0
    assert capsys.readouterr().out == "OK: 10 rows hold under 3 checkpoints\n"


def edit(lines: Lines) -> None:
    lines[5]["row"] = '{"act":"refuse","n":5}'


def edit_and_rehash(lines: Lines) -> None:
    edit(lines)
    lines[:] = rehash(lines)


def delete(lines: Lines) -> None:
    del lines[5]


def delete_and_renumber(lines: Lines) -> None:
    del lines[5]
    lines[:] = rehash(lines)


def reorder(lines: Lines) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def reorder_and_renumber(lines: Lines) -> None:
    reorder(lines)
    lines[:] = rehash(lines)


def truncate(lines: Lines) -> None:
    del lines[9:]


def insert(lines: Lines) -> None:
    lines.insert(5, line(5, '{"act":"accept","n":"new"}'))
    lines[:] = rehash(lines)


def break_line(lines: Lines) -> None:
    del lines[5]["leaf"]


TAMPERED = pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (edit, "row 5 was changed: it does not give its leaf hash"),
        (edit_and_rehash, "a row between 3 and 7 was changed: a signed checkpoint at 8 rows"),
        (delete, "row 5 is not in its place: the line there says it is row 6"),
        (delete_and_renumber, "a row between 3 and 7 was changed"),
        (reorder, "row 4 is not in its place: the line there says it is row 5"),
        (reorder_and_renumber, "a row between 3 and 7 was changed"),
        (truncate, "row 9 is missing: the export ends, but a checkpoint covers 10 rows"),
        (insert, "a row between 3 and 7 was changed"),
        (break_line, "row 5 cannot be read"),
    ],
)


@TAMPERED
def test_tampering_is_found_and_the_first_bad_row_named(
    audit: Audit,
    tamper: Callable[[Lines], None],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tamper(audit.lines)
    assert audit.run() == 1
    assert f"BAD: {told}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "tamper", [edit_and_rehash, delete_and_renumber, reorder_and_renumber, insert]
)
def test_a_history_signed_again_is_found_by_an_earlier_checkpoint(
    audit: Audit, tamper: Callable[[Lines], None]
) -> None:
    kept_by_a_witness = audit.notes[1]
    tamper(audit.lines)
    audit.resign()
    assert audit.run() == 0, "by itself the forged log is consistent"
    audit.notes = [audit.notes[-1], kept_by_a_witness]
    assert audit.run() == 1


def test_two_signed_histories_of_one_size_are_a_rewriting(
    audit: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = audit.notes[1]
    edit_and_rehash(audit.lines)
    audit.resign()
    audit.notes.append(kept)
    assert audit.run() == 1
    assert "two signed checkpoints differ at 8 rows: the log was rewritten" in (
        capsys.readouterr().err
    )


def test_a_range_of_one_row_is_named_as_that_row(audit: Audit) -> None:
    tree, checkpoints = Frontier(), []
    for entry in audit.lines:
        tree.add(bytes.fromhex(entry["leaf"]))
        checkpoints.append(Checkpoint(ORIGIN, tree.size, tree.root(), ""))
    edit_and_rehash(audit.lines)
    encoded = [json.dumps(entry).encode() for entry in audit.lines]
    with pytest.raises(VerificationError, match=r"^row 5 was changed: a signed checkpoint"):
        verify_export(encoded, checkpoints)


def test_rows_after_the_last_checkpoint_are_not_passed_over(
    audit: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    del audit.notes[-1]
    assert audit.run() == 3
    assert capsys.readouterr().out == (
        "NOT COVERED: 8 rows hold under 2 checkpoints; no checkpoint covers those from 8 on\n"
    )


def test_a_checkpoint_of_another_key_proves_nothing(audit: Audit, tmp_path: Path) -> None:
    audit.signer = CheckpointSigner.create(tmp_path / "other.key", ORIGIN)
    assert audit.run() == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda audit: audit.notes.clear(), "holds no checkpoint"),
        (lambda audit: audit.notes.append("rubbish\n"), "not a checkpoint: 'rubbish"),
    ],
)
def test_checkpoints_that_are_none_are_told(
    audit: Audit,
    change: Callable[[Audit], None],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(audit)
    assert audit.run() in {1, 2}
    assert told in capsys.readouterr().err


def test_checkpoints_of_two_logs_are_not_mixed(
    audit: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = CheckpointSigner.create(tmp_path / "other.key", "gov.example/other")
    audit.notes.append(other.sign(0, verifier.EMPTY_ROOT).note)
    assert audit.run("--key", str(other.verifier)) == 2
    assert "checkpoints of several logs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.jsonl", "--checkpoints", "none", "--key", "x"], "'x' is neither a verifier key"),
        (["none.jsonl", "--key", "x"], "an export needs --checkpoints FILE"),
        (["none.jsonl", "--checkpoints", "none"], "required: --key"),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = run_alone(tmp_path, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_files_are_told(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    key = str(audit.signer.verifier)
    assert main(["none.jsonl", "--checkpoints", "none", "--key", key]) == 2
    assert "UNUSABLE: [Errno 2] No such file or directory: 'none'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"row": 1}', "[" * 100_000])
def test_what_is_no_receipt_is_told(
    audit: Audit, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = audit.folder / "receipt.json"
    receipt.write_text(text)
    assert main([str(receipt), "--receipt", "--key", str(audit.signer.verifier)]) == 2
    assert "UNUSABLE: this is no receipt" in capsys.readouterr().err


@given(st.binary(max_size=200))
def test_no_line_breaks_the_verifier(content: bytes) -> None:
    with pytest.raises(VerificationError, match="row 0 "):
        verify_export([content], [])


def run_alone(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Copied away from the project, in isolated mode: nothing of ours can be imported."""
    alone = folder / "verify.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())
    command = [sys.executable, "-I", str(alone), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


async def test_what_a_service_exports_verifies_without_the_project(
    ledger: Ledger, tmp_path: Path
) -> None:
    (first, *_) = await ledger.act(600)
    await ledger.sealer.seal_once()
    await ledger.seal(7)
    await ledger.act(2)  # not sealed yet, so not in the export
    async with ledger.db.read() as connection:
        receipt = await ledger.log.receipt(connection, first)
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    (tmp_path / "export.jsonl").write_text("".join(await ledger.exported()))
    (tmp_path / "checkpoints").write_text("".join(await ledger.notes()))
    (tmp_path / "key").write_text(str(ledger.signer.verifier))

    done = run_alone(tmp_path, "export.jsonl", "--checkpoints", "checkpoints", "--key", "key")
    assert (done.returncode, done.stdout) == (0, "OK: 607 rows hold under 2 checkpoints\n")
    done = run_alone(tmp_path, "receipt.json", "--receipt", "--key", "key")
    assert (done.returncode, done.stdout) == (0, f"OK: the row is under {ORIGIN} at 607 rows\n")


async def test_a_row_deleted_from_the_database_shows_in_the_export(ledger: Ledger) -> None:
    await ledger.seal(10)
    rows = ledger.tables.rows
    async with ledger.db.write() as tx:
        await tx.execute(rows.delete().where(rows.c.position == 4))
    checkpoints = [Checkpoint.parse(note) for note in await ledger.notes()]
    exported = [entry.encode() for entry in await ledger.exported()]
    with pytest.raises(VerificationError, match="row 4 is not in its place"):
        verify_export(exported, checkpoints)


async def test_checkpoints_are_given_from_a_size_on(ledger: Ledger) -> None:
    first, second = await ledger.seal(2), await ledger.seal(2)
    assert await ledger.notes() == [first.note, second.note]
    assert await ledger.notes(after=2) == [second.note]


async def test_a_log_with_nothing_sealed_exports_nothing(ledger: Ledger) -> None:
    await ledger.act(2)
    assert await ledger.exported() == await ledger.notes() == []
