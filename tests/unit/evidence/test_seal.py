import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from shared.db import Database
from shared.evidence import Damaged, Sealer
from shared.evidence.verify import Frontier, open_checkpoint
from tests.support.ledger import Ledger


async def positions(ledger: Ledger) -> list[int | None]:
    rows = ledger.tables.rows
    async with ledger.db.read() as connection:
        return list(await connection.scalars(select(rows.c.position).order_by(rows.c.id)))


async def test_nothing_is_signed_when_nothing_waits(ledger: Ledger) -> None:
    assert await ledger.sealer.seal_once() is None
    await ledger.seal(3)
    assert await ledger.sealer.seal_once() is None
    assert len(await ledger.notes()) == 1


async def test_a_checkpoint_is_signed_over_all_leaves_in_order(ledger: Ledger) -> None:
    await ledger.seal(3)
    checkpoint = await ledger.seal(300)
    assert await positions(ledger) == list(range(303))

    tree = Frontier()
    async with ledger.db.read() as connection:
        rows = ledger.tables.rows
        for leaf in await connection.scalars(select(rows.c.leaf).order_by(rows.c.position)):
            tree.add(leaf)
    opened = open_checkpoint(checkpoint.note, [ledger.signer.verifier])
    assert (opened.size, opened.root) == (303, tree.root())


async def test_a_checkpoint_covers_at_most_a_batch(ledger: Ledger) -> None:
    sealer = Sealer(ledger.db, ledger.tables, ledger.signer, batch=4)
    await ledger.act(10)
    sizes = [found.size for _ in range(3) if (found := await sealer.seal_once())]
    assert sizes == [4, 8, 10]


async def test_a_row_that_commits_late_is_sealed_later(ledger: Ledger) -> None:
    """Its id is lower than those sealed before it; a cursor on ids would lose it."""
    late = ledger.evidence.prepare(act="submit", subject="late", actor="x")
    await ledger.seal(2)
    async with ledger.db.write() as tx:
        await ledger.evidence.write(tx, [late])
    checkpoint = await ledger.sealer.seal_once()
    assert checkpoint is not None
    assert checkpoint.size == 3
    assert await positions(ledger) == [2, 0, 1]


async def test_two_sealers_by_mistake_sign_one_history(
    ledger: Ledger, open_another: Callable[[], Database]
) -> None:
    other = open_another()
    try:
        second = Sealer(other, ledger.tables, ledger.signer, batch=7)
        first = Sealer(ledger.db, ledger.tables, ledger.signer, batch=5)
        await ledger.act(40)
        for _ in range(4):
            await asyncio.gather(first.seal_once(), second.seal_once())
    finally:
        await other.dispose()
    assert sorted(p for p in await positions(ledger) if p is not None) == list(range(40))
    assert (await ledger.notes())[-1].splitlines()[1] == "40"


async def test_running_it_seals_what_comes_and_stops_at_once(ledger: Ledger) -> None:
    stop = asyncio.Event()
    sealer = Sealer(ledger.db, ledger.tables, ledger.signer, batch=5, every=0.02)
    running = asyncio.create_task(sealer.run(stop))
    await ledger.act(12)
    async with asyncio.timeout(10):
        while None in await positions(ledger):
            await ledger.db.changes.wait(0.01)
        await ledger.act(1)
        while None in await positions(ledger):
            await ledger.db.changes.wait(0.01)
        stop.set()
        await running
    assert (await ledger.notes())[-1].splitlines()[1] == "13"


async def test_a_tree_that_was_tampered_with_is_never_signed_over(ledger: Ledger) -> None:
    await ledger.seal(5)
    tiles = ledger.tables.tiles
    async with ledger.db.write() as tx:
        hashes = bytes((await tx.scalars(select(tiles.c.hashes))).one())
        await tx.execute(update(tiles).values(hashes=bytes(32) + hashes[32:]))
    await ledger.act(1)
    with pytest.raises(Damaged, match="no longer gives the root of its checkpoint at 5 rows"):
        await ledger.sealer.seal_once()
    assert len(await ledger.notes()) == 1
    assert (await positions(ledger))[-1] is None


async def test_a_missing_tile_is_noticed(ledger: Ledger) -> None:
    await ledger.seal(5)
    async with ledger.db.write() as tx:
        await tx.execute(ledger.tables.tiles.delete())
    await ledger.act(1)
    with pytest.raises(Damaged):
        await ledger.sealer.seal_once()


async def test_what_fails_is_said_and_tried_again(ledger: Ledger) -> None:
    await ledger.seal(5)
    tiles = ledger.tables.tiles
    async with ledger.db.write() as tx:
        hashes = await tx.scalar(select(tiles.c.hashes))
        await tx.execute(update(tiles).values(hashes=b""))
    await ledger.act(1)
    stop = asyncio.Event()
    with capture_logs() as logs:
        sealer = Sealer(ledger.db, ledger.tables, ledger.signer, every=0.01)
        running = asyncio.create_task(sealer.run(stop))
        async with asyncio.timeout(10):
            while not logs:
                await ledger.db.changes.wait(0.01)
            async with ledger.db.write() as tx:
                await tx.execute(update(tiles).values(hashes=hashes))
            while None in await positions(ledger):
                await ledger.db.changes.wait(0.01)
            stop.set()
            await running
    assert logs[0]["event"] == "sealing_failed"
    assert "no longer gives the root" in logs[0]["reason"]


async def test_an_undone_sealing_leaves_no_trace(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.act(3)
    with monkeypatch.context() as patched:
        patched.setattr(ledger.signer, "sign", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await ledger.sealer.seal_once()
    assert await positions(ledger) == [None] * 3
    async with ledger.db.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(ledger.tables.tiles)) == 0
    checkpoint = await ledger.sealer.seal_once()
    assert checkpoint is not None
    assert checkpoint.size == 3
