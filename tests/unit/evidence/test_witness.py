import hashlib
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.evidence import Checkpoint, CheckpointSigner, Fork, Refused, Stale, Witness
from tests.support.ledger import ORIGIN, Ledger

OTHER_ROOT = hashlib.sha256(b"another history").digest()


@pytest.fixture
def witness(ledger: Ledger) -> Witness:
    return Witness(ledger.witnessed, {ORIGIN: [ledger.signer.verifier]})


async def push(ledger: Ledger, witness: Witness, old: int, new: Checkpoint) -> Checkpoint:
    """What the log's service does: prove from what the witness holds, and hand over."""
    async with ledger.db.write() as tx:
        proof = await ledger.log.consistency(tx, old, new.size)
        return await witness.accept(tx, new.note, proof)


async def test_a_log_that_only_grows_is_followed(ledger: Ledger, witness: Witness) -> None:
    held = 0
    for rows in (3, 300, 1):
        checkpoint = await ledger.seal(rows)
        assert await push(ledger, witness, held, checkpoint) == checkpoint
        held = checkpoint.size
        async with ledger.db.read() as connection:
            assert await witness.held(connection, ORIGIN) == checkpoint


async def test_what_is_held_may_come_again(ledger: Ledger, witness: Witness) -> None:
    first, second = await ledger.seal(3), await ledger.seal(4)
    await push(ledger, witness, 0, first)
    await push(ledger, witness, 3, second)
    async with ledger.db.write() as tx:
        assert await witness.accept(tx, second.note) == second
        assert await witness.accept(tx, first.note) == first


async def test_another_history_of_the_same_size_is_a_fork(ledger: Ledger, witness: Witness) -> None:
    first, second = await ledger.seal(3), await ledger.seal(4)
    await push(ledger, witness, 0, first)
    await push(ledger, witness, 3, second)
    for checkpoint in (first, second):
        forged = ledger.signer.sign(checkpoint.size, OTHER_ROOT)
        async with ledger.db.write() as tx:
            with pytest.raises(Fork, match="its history was rewritten") as caught:
                await witness.accept(tx, forged.note)
        assert (caught.value.held, caught.value.offered) == (checkpoint, forged)


async def test_a_rewritten_log_cannot_prove_that_it_continues(
    ledger: Ledger, witness: Witness
) -> None:
    await push(ledger, witness, 0, await ledger.seal(3))
    rows, tables = ledger.tables.rows, ledger.tables
    async with ledger.db.write() as tx:
        # Whoever holds the key takes the log back, changes a row and seals all of it again.
        await tx.execute(tables.tiles.delete())
        await tx.execute(tables.checkpoints.delete())
        await tx.execute(update(rows).values(position=None))
        await tx.execute(update(rows).where(rows.c.position.is_(None)).values(leaf=OTHER_ROOT))
    rewritten = await ledger.seal(2)
    with pytest.raises(Fork):
        await push(ledger, witness, 3, rewritten)
    async with ledger.db.read() as connection:
        held = await witness.held(connection, ORIGIN)
    assert held is not None
    assert held.size == 3


async def test_growth_without_proof_is_refused(ledger: Ledger, witness: Witness) -> None:
    await push(ledger, witness, 0, await ledger.seal(3))
    grown = await ledger.seal(2)
    async with ledger.db.write() as tx:
        with pytest.raises(Fork, match="or the proof is wrong"):
            await witness.accept(tx, grown.note)


async def test_an_older_checkpoint_that_was_never_seen_is_told_what_is_held(
    ledger: Ledger, witness: Witness
) -> None:
    first, second = await ledger.seal(3), await ledger.seal(4)
    await push(ledger, witness, 0, second)
    async with ledger.db.write() as tx:
        with pytest.raises(Stale, match=r"holds gov\.example/evidence/cases at 7 rows") as caught:
            await witness.accept(tx, first.note)
    assert caught.value.held == second


async def test_a_log_without_a_known_key_is_refused(
    ledger: Ledger, witness: Witness, tmp_path: Path
) -> None:
    unknown = CheckpointSigner.create(tmp_path / "x.key", "gov.example/unknown")
    impostor = CheckpointSigner.create(tmp_path / "y.key", ORIGIN)
    async with ledger.db.write() as tx:
        with pytest.raises(Refused, match=r"no key of the log 'gov\.example/unknown'"):
            await witness.accept(tx, unknown.sign(1, OTHER_ROOT).note)
        with pytest.raises(Refused, match="no good signature"):
            await witness.accept(tx, impostor.sign(1, OTHER_ROOT).note)
        with pytest.raises(Refused, match="not a checkpoint"):
            await witness.accept(tx, "hello")


async def test_a_log_may_change_its_key(ledger: Ledger, tmp_path: Path) -> None:
    newer = CheckpointSigner.create(tmp_path / "newer.key", ORIGIN)
    witness = Witness(ledger.witnessed, {ORIGIN: [newer.verifier, ledger.signer.verifier]})
    old = await ledger.seal(3)
    await push(ledger, witness, 0, old)
    grown = await ledger.seal(2)
    assert await push(ledger, witness, 3, newer.sign(grown.size, grown.root))
