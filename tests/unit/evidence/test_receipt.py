import json

import pytest

from shared.evidence import NotYetSealed, UnknownRow
from shared.evidence.verify import VerificationError, verify_consistency, verify_receipt
from tests.support.ledger import Ledger


async def test_every_row_of_every_batch_gets_a_receipt_that_verifies(ledger: Ledger) -> None:
    ids = await ledger.act(7) + await ledger.act(3)
    await ledger.sealer.seal_once()
    ids += await ledger.act(1)
    await ledger.sealer.seal_once()
    async with ledger.db.read() as connection:
        for row_id in ids:
            receipt = await ledger.log.receipt(connection, row_id)
            checkpoint = verify_receipt(json.dumps(receipt), [ledger.signer.verifier])
            assert checkpoint.size == 11
            assert json.loads(receipt["row"])["id"] == row_id


@pytest.mark.parametrize("part", ["row", "position", "proof", "checkpoint"])
async def test_a_changed_receipt_does_not_verify(ledger: Ledger, part: str) -> None:
    (row_id, *_) = await ledger.act(5)
    await ledger.sealer.seal_once()
    await ledger.seal(1)
    async with ledger.db.read() as connection:
        receipt = await ledger.log.receipt(connection, row_id)
    receipt[part] = {
        "row": receipt["row"].replace("stf_1", "stf_2"),
        "position": 1,
        "proof": receipt["proof"][::-1],
        "checkpoint": (await ledger.notes())[0],
    }[part]
    with pytest.raises(VerificationError, match=r"row \d is not under its checkpoint"):
        verify_receipt(json.dumps(receipt), [ledger.signer.verifier])


async def test_a_row_that_waits_is_told_apart_from_one_that_is_not(ledger: Ledger) -> None:
    (row_id,) = await ledger.act(1)
    async with ledger.db.read() as connection:
        with pytest.raises(NotYetSealed, match="within a second"):
            await ledger.log.receipt(connection, row_id)
        with pytest.raises(UnknownRow, match="there is no evidence evd_none"):
            await ledger.log.receipt(connection, "evd_none")


async def test_the_log_proves_that_it_continues_what_it_was(ledger: Ledger) -> None:
    old, new = await ledger.seal(3), await ledger.seal(300)
    async with ledger.db.read() as connection:
        proof = await ledger.log.consistency(connection, old.size, new.size)
        assert verify_consistency(old.size, new.size, proof, old.root, new.root)
        assert await ledger.log.consistency(connection, 0, new.size) == []
        assert await ledger.log.consistency(connection, new.size, new.size) == []
        assert await ledger.log.checkpoint(connection) == new


async def test_a_proof_to_nowhere_is_refused(ledger: Ledger) -> None:
    async with ledger.db.read() as connection:
        assert await ledger.log.checkpoint(connection) is None
        with pytest.raises(NotYetSealed, match="no checkpoint at 1 rows yet"):
            await ledger.log.consistency(connection, 0, 1)
        with pytest.raises(ValueError, match="from a smaller to a greater size"):
            await ledger.log.consistency(connection, 2, 1)
