"""What takes too long is given up and answered 503 with a time to come back; nothing hangs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import nullcontext
from time import monotonic

import asyncpg
import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update

from shared.db import Database, DatabaseUnavailable, WriterBusy
from shared.telemetry import Telemetry, TelemetrySettings
from shared.web import create_app

metadata = MetaData()
counters = Table(
    "counters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)
WAIT, STATEMENT = 0.5, 3.0


@pytest.fixture
async def impatient(database_url: str) -> AsyncGenerator[Database]:
    """A database with one row, small pools and little patience."""
    db = Database(
        database_url, writers=2, readers=2, wait_seconds=WAIT, statement_seconds=STATEMENT
    )
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(insert(counters).values(id=1, value=0))
    yield db
    await db.dispose()


def only_postgresql(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has no server that could end a statement")


async def bump(db: Database, *, seconds: float = 0.0) -> int:
    async with db.write() as tx:
        row = select(counters.c.value).with_for_update()
        value = int((await tx.execute(row)).scalar_one()) + 1
        await tx.execute(update(counters).values(value=value))
        await asyncio.sleep(seconds)
    return value


async def sleeping(db: Database, seconds: float) -> None:
    async with db.write() as tx:
        await tx.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})


async def standing_still(db: Database, seconds: float) -> None:
    async with db.write() as tx:
        await tx.execute(update(counters).values(value=7))
        await asyncio.sleep(seconds)
        await tx.execute(update(counters).values(value=8))


async def value_of(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.scalar(select(counters.c.value)) or 0)


async def test_a_reader_sees_one_moment(impatient: Database) -> None:
    async with impatient.read() as connection:
        before = await connection.scalar(select(counters.c.value))
        await bump(impatient)
        assert await connection.scalar(select(counters.c.value)) == before
    assert await value_of(impatient) == 1


async def test_a_reader_can_change_nothing(impatient: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"read-?only"):
        async with impatient.read() as connection:
            await connection.execute(update(counters).values(value=9))
    assert await value_of(impatient) == 0


async def test_a_writer_sees_what_was_committed_while_it_waited(impatient: Database) -> None:
    slow = asyncio.create_task(bump(impatient, seconds=WAIT / 2))
    await asyncio.sleep(WAIT / 5)
    assert await bump(impatient) == 2
    assert await slow == 1


async def test_a_statement_that_takes_too_long_is_ended(impatient: Database) -> None:
    only_postgresql(impatient)
    began = monotonic()
    with pytest.raises(WriterBusy, match="statement timeout"):
        await sleeping(impatient, 20)
    assert monotonic() - began < STATEMENT + 5
    assert await bump(impatient) == 1


async def test_who_waits_too_long_for_a_row_is_told(impatient: Database) -> None:
    slow = asyncio.create_task(bump(impatient, seconds=5 * WAIT))
    await asyncio.sleep(WAIT / 5)
    began = monotonic()
    with pytest.raises(WriterBusy):
        await bump(impatient)
    assert monotonic() - began < 4 * WAIT
    assert await slow == 1


async def test_a_transaction_in_which_nothing_happens_is_ended(impatient: Database) -> None:
    only_postgresql(impatient)
    with pytest.raises(DatabaseUnavailable):
        await standing_still(impatient, STATEMENT + 0.5)
    assert await value_of(impatient) == 0
    assert await bump(impatient) == 1


async def test_who_finds_no_free_connection_is_told_in_time(impatient: Database) -> None:
    held = [asyncio.create_task(_hold(impatient, 5 * WAIT)) for _ in range(2)]
    await asyncio.sleep(WAIT / 5)
    began = monotonic()
    with pytest.raises(WriterBusy):
        await value_of(impatient)
    assert WAIT * 0.9 < monotonic() - began < 4 * WAIT
    await asyncio.gather(*held)
    assert await value_of(impatient) == 0


async def _hold(db: Database, seconds: float) -> None:
    async with db.read():
        await asyncio.sleep(seconds)


async def test_connections_that_died_in_the_pool_are_replaced_unnoticed(
    impatient: Database, database_url: str
) -> None:
    only_postgresql(impatient)
    await asyncio.gather(*(bump(impatient) for _ in range(4)), _hold(impatient, 0.1))
    killer = await asyncpg.connect(database_url)
    ended = await killer.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await killer.close()
    assert len(ended) >= 3
    await asyncio.sleep(0.2)
    assert [await bump(impatient) for _ in range(3)] == [5, 6, 7]
    assert await value_of(impatient) == 7


async def test_a_server_that_is_full_is_named_unavailable(impatient: Database) -> None:
    only_postgresql(impatient)
    async with impatient.write() as tx:
        name = await tx.scalar(text("SELECT current_database()"))
        await tx.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0'))
    crowded = Database(impatient.engine.url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailable, match="too many connections"):
        await value_of(crowded)
    await crowded.dispose()


Act = Callable[[], Awaitable[object]]


@pytest.mark.parametrize("trouble", ["statement", "row", "still", "pool"])
async def test_each_is_answered_503_with_a_time_to_come_back(
    trouble: str, impatient: Database
) -> None:
    if trouble in ("statement", "still"):
        only_postgresql(impatient)
    acts: dict[str, Act] = {
        "statement": lambda: sleeping(impatient, 20),
        "row": lambda: bump(impatient),
        "still": lambda: standing_still(impatient, STATEMENT + 0.5),
        "pool": lambda: value_of(impatient),
    }
    holding: dict[str, Act] = {
        "row": lambda: bump(impatient, seconds=5 * WAIT),
        "pool": lambda: asyncio.gather(*(_hold(impatient, 5 * WAIT) for _ in range(2))),
    }
    telemetry = Telemetry.start("probe", TelemetrySettings())
    router = APIRouter()

    @router.post("/act")
    async def act() -> None:
        await acts[trouble]()

    app = create_app(
        title="probe",
        description="",
        base="http://probe",
        telemetry=telemetry,
        lifespan=lambda _: nullcontext(),
        routers=(router,),
    )
    held = [asyncio.ensure_future(holding[trouble]())] if trouble in holding else []
    await asyncio.sleep(WAIT / 5)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as http:
        answer = await http.post("/act")
    await asyncio.gather(*held)
    await telemetry.close()
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "http://probe/problems/service-unavailable"
