import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from shared import clock
from shared.events import BusUnavailable, Message
from shared.events.sqlite import SQLiteBus
from shared.events.sqlite.tail import START
from shared.ids import uuid7
from tests.support.stations import TOPIC, message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "events.db"


@pytest.fixture
async def bus(path: Path) -> AsyncGenerator[SQLiteBus]:
    bus = SQLiteBus(path)
    yield bus
    await bus.close()


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


async def test_the_log_keeps_what_identifies_an_event_beside_it(bus: SQLiteBus, path: Path) -> None:
    made = message("a", 1)
    await bus.publish(TOPIC, [made])
    columns = "position, topic, event_id, subject, type, envelope"
    expected = (1, TOPIC, made.id, "a", made.type, made.body)
    assert query(path, f"SELECT {columns} FROM log") == [expected]


async def test_an_event_is_in_the_log_once_however_often_it_is_published(
    bus: SQLiteBus, path: Path
) -> None:
    made = message("a", 1)
    await asyncio.gather(*(bus.publish(TOPIC, [made]) for _ in range(5)))
    assert query(path, "SELECT count(*) FROM log") == [(1,)]


async def test_the_log_survives_a_power_cut_by_its_settings(bus: SQLiteBus, path: Path) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    log = await bus._open()
    assert log.writer._connection is not None
    assert log.writer._connection.execute("PRAGMA synchronous").fetchone() == (2,)


async def test_what_cannot_be_stored_does_not_fail_what_is_committed_with_it(
    bus: SQLiteBus, path: Path
) -> None:
    unstorable = Message("id", "type", "\ud800", b"{}")
    publishing = [bus.publish(TOPIC, [message(f"s{n}", 1)]) for n in range(20)]
    publishing.insert(10, bus.publish(TOPIC, [unstorable]))
    done = await asyncio.gather(*publishing, return_exceptions=True)
    assert [str(error) for error in done if error is not None] == [str(done[10])]
    assert isinstance(done[10], BusUnavailable)
    assert query(path, "SELECT count(*) FROM log") == [(20,)]


async def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_space(
    bus: SQLiteBus, path: Path
) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    log = await bus._open()
    connection = log.writer._connection
    assert connection is not None
    # The limit of pages stands for the end of the disk: SQLite raises the same error.
    connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(BusUnavailable, match="full"):
        await bus.publish(TOPIC, [message("a", 2, note="x" * 100_000)])
    await bus.publish(TOPIC, [message("a", 2)])
    assert query(path, "SELECT count(*) FROM log") == [(2,)]


async def test_a_log_that_cannot_be_opened_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    bus = SQLiteBus(tmp_path / "file" / "events.db")
    with pytest.raises(BusUnavailable, match=r"file/events\.db"):
        await bus.publish(TOPIC, [message("a", 1)])
    await bus.close()


async def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Sir or Madam, this is not a database. " * 50)
    bus = SQLiteBus(other)
    with pytest.raises(BusUnavailable, match="not a database"):
        await bus.subscribe("readers", [TOPIC])
    assert other.read_text().startswith("Dear Sir")
    await bus.close()


async def test_buses_of_one_process_share_one_writer(bus: SQLiteBus, path: Path) -> None:
    other = SQLiteBus(path)
    assert (await bus._open()).writer is (await other._open()).writer
    await other.close()
    await bus.publish(TOPIC, [message("a", 1)])


async def test_a_closed_bus_can_be_used_again(bus: SQLiteBus, path: Path) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    await bus.close()
    await bus.publish(TOPIC, [message("a", 2)])
    assert query(path, "SELECT count(*) FROM log") == [(2,)]


async def test_a_tail_misses_no_event_that_came_before_an_older_one(bus: SQLiteBus) -> None:
    older = uuid7()
    await asyncio.sleep(0.02)
    since = clock.now()
    newer = message("a", 1)
    await bus.publish(TOPIC, [newer])
    await bus.publish(TOPIC, [message("b", 1, event_id=older)])
    tail = await bus.tail([TOPIC], since)
    assert [d.envelope.id for d in await tail.fetch(10, 1.0) if d.envelope] == [newer.id, older]
    await tail.close()


async def test_a_tail_finds_its_start_without_reading_the_log(bus: SQLiteBus, path: Path) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    plan = query(path, f"EXPLAIN QUERY PLAN {START.replace('?', repr(uuid7()))}")
    steps = [str(row[-1]) for row in plan]
    assert any("COVERING INDEX" in step and "event_id>" in step for step in steps)
    assert not any("SCAN log" in step for step in steps)
