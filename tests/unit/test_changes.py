import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from shared.changes import Changes, file_watch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watched.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n INTEGER)")
    return path


INSERT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("INSERT INTO t VALUES (1)")
connection.commit()
"""


async def test_a_notification_wakes_every_waiter() -> None:
    changes = Changes()
    waiting = [asyncio.create_task(changes.cursor().wait(5)) for _ in range(3)]
    await asyncio.sleep(0)
    changes.notify()
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_a_wait_ends_in_its_time() -> None:
    changes = Changes()
    assert await changes.cursor().wait(0.01) is False
    assert await changes.wait(0.01) is False


async def test_a_waiter_that_comes_late_sees_what_came_since_its_last_wait() -> None:
    changes = Changes()
    cursor = changes.cursor()
    changes.notify()
    changes.notify()
    assert await cursor.wait(0) is True
    assert await cursor.wait(0.01) is False


async def test_a_commit_of_another_process_is_noticed(file: Path) -> None:
    changes = Changes()
    unfollow = file_watch().follow(file, changes)
    cursor = changes.cursor()
    await cursor.wait(0.2)
    written = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", INSERT, str(file)], check=True
    )
    assert written.returncode == 0
    assert await cursor.wait(1) is True
    unfollow()


async def test_a_file_that_is_made_later_is_noticed(tmp_path: Path) -> None:
    changes = Changes()
    path = tmp_path / "later.db"
    unfollow = file_watch().follow(path, changes)
    cursor = changes.cursor()
    assert await cursor.wait(0.15) is False
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    assert await cursor.wait(1) is True
    unfollow()


async def test_a_watch_that_nobody_follows_ends(file: Path) -> None:
    watch = file_watch()
    first, second = Changes(), Changes()
    end_first, end_second = watch.follow(file, first), watch.follow(file, second)
    end_first()
    end_first()
    await asyncio.sleep(0.1)
    seen = second.count
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1)")
    await asyncio.sleep(0.2)
    assert second.count > seen
    end_second()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "file-watch"] == []
