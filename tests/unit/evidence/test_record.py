import json
from datetime import UTC, datetime

import pytest
import rfc8785
from sqlalchemy import func, select

from shared import clock
from shared.evidence import Unrecordable
from shared.evidence.verify import leaf_hash
from tests.support.ledger import Ledger

PERSONAL = {"name": "张三", "id_number": "450102199001011234"}
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def test_a_row_is_canonical_and_says_who_did_what_to_what_when(ledger: Ledger) -> None:
    with clock.at(MOMENT):
        async with ledger.db.write() as tx:
            row_id = await ledger.evidence.record(
                tx, act="accept", subject="case 1", actor={"sub": "stf_1"}, facts={"b": 2, "a": 1.0}
            )
    async with ledger.db.read() as connection:
        stored = (await connection.execute(select(ledger.tables.rows))).one()
    row = json.loads(stored.row)
    assert row == {
        "id": row_id,
        "at": "2026-03-02T09:30:00.000+00:00",
        "service": "cases",
        "act": "accept",
        "subject": "case 1",
        "actor": {"sub": "stf_1"},
        "facts": {"a": 1, "b": 2},
        "personal": {},
    }
    assert stored.row.encode() == rfc8785.dumps(row)
    assert stored.leaf == leaf_hash(stored.row.encode())
    assert stored.position is None


async def test_evidence_is_undone_with_its_act(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="the act failed"):
        async with ledger.db.write() as tx:
            await ledger.evidence.record(tx, act="accept", subject="case 1", actor="stf_1")
            raise RuntimeError("the act failed")
    async with ledger.db.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(ledger.tables.rows)) == 0


async def test_personal_values_are_committed_to_and_not_stored(ledger: Ledger) -> None:
    async with ledger.db.write() as tx:
        row_id = await ledger.evidence.record(
            tx, act="query", subject="case 1", actor="x", personal=PERSONAL, person="psn_1"
        )
    async with ledger.db.read() as connection:
        row = await connection.scalar(select(ledger.tables.rows.c.row))
        salts = (await connection.execute(select(ledger.tables.salts))).all()
        assert not any(value in f"{row}{salts}" for value in PERSONAL.values())
        opens = ledger.evidence.opens
        assert await opens(connection, row_id, "name", "张三")
        assert not await opens(connection, row_id, "name", "李四")
        assert not await opens(connection, row_id, "id_number", "张三")
        assert not await opens(connection, "evd_other", "name", "张三")


async def test_equal_values_have_different_commitments(ledger: Ledger) -> None:
    first, second = (
        ledger.evidence.prepare(
            act="query", subject="case 1", actor="x", personal=PERSONAL, person="psn_1"
        )
        for _ in range(2)
    )
    one, other = (json.loads(each.row["row"])["personal"] for each in (first, second))
    assert len({*one.values(), *other.values()}) == 4


async def test_a_forgotten_persons_commitments_open_no_more_and_rows_stay_proven(
    ledger: Ledger,
) -> None:
    ids = {}
    async with ledger.db.write() as tx:
        for person in ("psn_1", "psn_2"):
            ids[person] = await ledger.evidence.record(
                tx, act="query", subject="case", actor="x", personal=PERSONAL, person=person
            )
    sealed = await ledger.sealer.seal_once()
    async with ledger.db.write() as tx:
        assert await ledger.evidence.forget(tx, "psn_1") == 2
    async with ledger.db.read() as connection:
        assert not await ledger.evidence.opens(connection, ids["psn_1"], "name", "张三")
        assert await ledger.evidence.opens(connection, ids["psn_2"], "name", "张三")
        receipt = await ledger.log.receipt(connection, ids["psn_1"])
    assert sealed is not None
    assert receipt["checkpoint"] == sealed.note


async def test_acts_that_are_committed_together_are_written_together(ledger: Ledger) -> None:
    prepared = [
        ledger.evidence.prepare(act="submit", subject=f"case {n}", actor="x") for n in range(5)
    ]
    async with ledger.db.write() as tx:
        await ledger.evidence.write(tx, prepared)
    async with ledger.db.read() as connection:
        stored = (await connection.scalars(select(ledger.tables.rows.c.id))).all()
    assert sorted(stored) == [one.id for one in prepared]


@pytest.mark.parametrize(
    "facts",
    [{"n": 2**60}, {"n": float("nan")}, {"t": "\ud800"}, {"t": MOMENT}],
    ids=["an unsafe integer", "not a number", "half a character", "no JSON"],
)
async def test_facts_without_a_canonical_form_fail_the_act(
    ledger: Ledger, facts: dict[str, object]
) -> None:
    with pytest.raises(Unrecordable, match="evidence of accept: "):
        async with ledger.db.write() as tx:
            await ledger.evidence.record(tx, act="accept", subject="1", actor="x", facts=facts)


async def test_personal_values_of_nobody_are_refused(ledger: Ledger) -> None:
    with pytest.raises(Unrecordable, match="say whose the personal values are"):
        ledger.evidence.prepare(act="query", subject="1", actor="x", personal=PERSONAL)
