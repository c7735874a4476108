"""PostgreSQL crashes and starts again under load: what was acknowledged is there, once."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text

from deploy.stack.postgres import Cluster
from shared.db import Database, DatabaseError, DatabaseUnavailable
from shared.ids import uuid7
from tests.integration.cases.conftest import ITEM, Running, World, running
from tests.support.databases import require_postgres
from tests.support.lossy import lossy_line
from tests.support.postgres import PASSWORD, TESTER, add_tester, cluster
from tests.support.stations import until

WORKERS = 6
AWAY_SECONDS = 1.0
metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True, autoincrement=False))


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A cluster that may be stopped, with every commit on the disk before it is confirmed."""
    require_postgres()
    with cluster(recovery_init_sync_method="syncfs") as made:
        asyncio.run(add_tester(made))
        yield made


@pytest.fixture
async def url(server: Cluster) -> str:
    name = f"test_{uuid7().replace('-', '')}"
    connection = await asyncpg.connect(server.url(TESTER, PASSWORD, TESTER))
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return server.url(TESTER, PASSWORD, name)


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    db = Database(url)
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
    yield db
    await db.dispose()


async def crash(server: Cluster, *, times: int = 2) -> None:
    """Crash and start it again, some load in between."""
    for _ in range(times):
        await asyncio.sleep(1)
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(server.start)
    await asyncio.sleep(1)


@dataclass
class Load:
    """What those who write were told."""

    acknowledged: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    stop: bool = False

    async def write(self, db: Database, worker: int) -> None:
        """Store one note after the other and remember what the answer was."""
        number = worker
        while not self.stop:
            number += WORKERS
            try:
                async with db.write() as tx:
                    await tx.execute(insert(notes).values(id=number))
            except DatabaseError:
                self.unknown.append(number)
                await asyncio.sleep(0.02)
            else:
                self.acknowledged.append(number)


async def test_no_acknowledged_commit_is_lost_and_the_pool_recovers_by_itself(
    server: Cluster, database: Database
) -> None:
    load = Load()
    async with asyncio.TaskGroup() as tasks:
        for worker in range(WORKERS):
            tasks.create_task(load.write(database, worker))
        await crash(server)
        load.stop = True
    async with database.read() as connection:
        stored = set(await connection.scalars(select(notes.c.id)))
    assert len(load.acknowledged) > 50
    assert load.unknown, "the crash met nobody"
    assert set(load.acknowledged) - stored == set()
    assert stored <= set(load.acknowledged) | set(load.unknown)


async def test_only_what_is_under_way_fails(server: Cluster, database: Database) -> None:
    """Each connection of both pools has died, and nobody who comes afterwards sees it."""
    begun = asyncio.Event()

    async def under_way() -> None:
        async with database.write() as tx:
            await tx.execute(insert(notes).values(id=1))
            begun.set()
            await tx.execute(text("SELECT pg_sleep(20)"))

    async def elsewhere(number: int) -> None:
        async with database.write() as tx:
            await tx.execute(insert(notes).values(id=number))
            await asyncio.sleep(0.1)

    async def count() -> int:
        async with database.read() as connection:
            found = await connection.scalar(select(func.count()).select_from(notes))
            await asyncio.sleep(0.1)
        return int(found or 0)

    await asyncio.gather(*(elsewhere(10 + n) for n in range(6)), *(count() for _ in range(4)))
    failing = asyncio.create_task(under_way())
    await begun.wait()
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    with pytest.raises(DatabaseUnavailable):
        await failing
    await asyncio.gather(*(elsewhere(20 + n) for n in range(12)))
    assert await asyncio.gather(*(count() for _ in range(8))) == [18] * 8


async def test_a_commit_whose_answer_is_lost_is_not_called_a_success(
    server: Cluster, database: Database, url: str
) -> None:
    async with lossy_line(server.port) as line:
        db = Database(url.replace(f":{server.port}/", f":{line.port}/"))
        line.lose = b"COMMIT;"
        with pytest.raises(DatabaseUnavailable):
            async with db.write() as tx:
                await tx.execute(insert(notes).values(id=1))
        assert line.lost == 1
        async with db.write() as tx:
            await tx.execute(insert(notes).values(id=2))
        await db.dispose()
    async with database.read() as connection:
        assert set(await connection.scalars(select(notes.c.id))) == {1, 2}


async def test_a_request_whose_commit_lost_its_answer_is_repeated_with_its_key(
    server: Cluster, url: str, tmp_path: Path
) -> None:
    async with (
        lossy_line(server.port) as line,
        running(url.replace(f":{server.port}/", f":{line.port}/"), tmp_path, World()) as cases,
    ):
        applicants = Applicants()
        for _ in range(20):
            line.lose = b"COMMIT;"
            key = uuid7()
            first = await applicants.ask(cases, key)
            if first.status_code == 503:  # else the relay or the sealer had the lost one
                break
        second = await applicants.ask(cases, key)
        assert (first.status_code, second.status_code) == (503, 201)
        assert second.headers["idempotency-replayed"] == "true"
        assert second.json()["number"] in await stored_cases(cases)
        assert len(await stored_cases(cases)) == applicants.statuses[201]


async def test_a_server_that_loses_a_process_is_back_by_itself(
    server: Cluster, database: Database
) -> None:
    """One backend dies hard; the server ends all others and starts anew."""
    with pytest.raises(DatabaseUnavailable):
        async with database.write() as tx:
            await tx.execute(insert(notes).values(id=1))
            pid = int(await tx.scalar(text("SELECT pg_backend_pid()")) or 0)
            os.kill(pid, signal.SIGKILL)
    assert await _answers(database)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(notes)) == 0


async def test_a_server_that_stands_still_is_given_up_in_time(server: Cluster, url: str) -> None:
    db = Database(url, writers=1, statement_seconds=1, wait_seconds=0.5)
    async with db.write() as tx:
        pid = int(await tx.scalar(text("SELECT pg_backend_pid()")) or 0)
    os.kill(pid, signal.SIGSTOP)
    try:
        began = monotonic()
        with pytest.raises(DatabaseUnavailable):
            async with db.write() as tx:
                await tx.execute(text("SELECT 1"))
        assert monotonic() - began < 15
        assert await _answers(db)
    finally:
        os.kill(pid, signal.SIGCONT)
    await db.dispose()


async def _answers(db: Database) -> bool:
    async def answers() -> bool:
        try:
            await db.ping()
        except DatabaseUnavailable:
            return False
        return True

    await until(answers, 20)
    return True


async def test_an_api_answers_503_while_it_is_away_and_recovers_by_itself(
    server: Cluster, url: str, tmp_path: Path
) -> None:
    applicants = Applicants()
    async with running(url, tmp_path, World()) as cases:
        assert (await cases.http.get("/readyz")).status_code == 200
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(applicants.submit(cases))
            watching = tasks.create_task(readiness(cases, lambda: applicants.stop))
            await crash(server)
            applicants.stop = True
        assert set(applicants.statuses) == {201, 503}
        assert applicants.without_time == 0
        assert watching.result() == [200, 503, 200, 503, 200]
        stored = await stored_cases(cases)
        numbers = list(applicants.numbers.values())
        assert len(numbers) > 20
        assert len(set(numbers)) == len(numbers)
        # Each who asked was answered in the end, so nothing else is there.
        assert stored == set(numbers)
        told = await submitted(cases, len(numbers))
    assert told == Counter(numbers)


@dataclass
class Applicants:
    """People who repeat what was not confirmed, with the same key."""

    numbers: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    without_time: int = 0
    stop: bool = False

    async def submit(self, cases: Running) -> None:
        """One case after the other, each until it is confirmed."""
        while not self.stop:
            key = uuid7()
            while (answer := await self.ask(cases, key)).status_code == 503:
                self.without_time += "retry-after" not in answer.headers
                await asyncio.sleep(0.1)
            assert answer.status_code == 201, answer.text
            self.numbers[key] = answer.json()["number"]

    async def ask(self, cases: Running, key: str) -> httpx.Response:
        """Try once."""
        body = {"item": ITEM, "status": "submitted", "form": {"shop": "小馆"}}
        headers = cases.citizen() | {"Idempotency-Key": key}
        answer = await cases.http.post("/v1/cases", json=body, headers=headers)
        self.statuses[answer.status_code] += 1
        return answer


async def readiness(cases: Running, stopped: Callable[[], bool]) -> list[int]:
    """How `/readyz` changed."""
    seen: list[int] = []
    while not stopped():
        status = (await cases.http.get("/readyz")).status_code
        if seen[-1:] != [status]:
            seen.append(status)
        await asyncio.sleep(0.05)
    return seen


async def stored_cases(cases: Running) -> set[str]:
    async with cases.db.read() as connection:
        return set(await connection.scalars(text("SELECT number FROM cases")))


async def submitted(cases: Running, count: int) -> Counter[str]:
    """The events of submission that reached the bus, by case."""
    bus: Any = cases.app.state.runtime.bus
    subscription = await bus.subscribe("probe", ["tongban.cases"])
    told: Counter[str] = Counter()
    began = monotonic()
    while told.total() < count and monotonic() - began < 30:
        for delivery in await subscription.fetch(100, 0.5):
            event = orjson.loads(delivery.raw)
            if event["type"].endswith("case_submitted.v1"):
                told[event["subject"]] += 1
    await subscription.close()
    return told
