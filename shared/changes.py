"""Wake-ups after commits: inside the process by notification, from other processes by watching."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

BUSY_SECONDS = 0.005
IDLE_SECONDS = 0.05
BUSY_LOOKS = 100


class Changes:
    """Tells the tasks of one event loop that something they follow has changed."""

    def __init__(self) -> None:
        self.count = 0
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake every waiter; call it on the event loop (threads use `call_soon_threadsafe`)."""
        self.count += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def cursor(self) -> Cursor:
        """A reader of its own: it sees every notification that came since its last wait."""
        return Cursor(self)

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for the next notification; False when the time ran out first."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True


class Cursor:
    """One waiter's place in the notifications of a `Changes`."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen = changes.count

    async def wait(self, seconds: float | None = None) -> bool:
        """True at once when something changed since the last call, else when it does."""
        if self._changes.count == self._seen:
            await self._changes.wait(seconds)
        changed = self._changes.count != self._seen
        self._seen = self._changes.count
        return changed


@dataclass(slots=True)
class _Watched:
    path: Path
    followers: list[Changes] = field(default_factory=list)
    connection: sqlite3.Connection | None = None
    version: int | None = None

    def moved(self) -> bool:
        """Whether any connection, of this process or another, has committed since the last look."""
        try:
            if self.connection is None:
                # rw, not ro: a read-only connection cannot open a WAL file that nobody has open
                address = f"{self.path.absolute().as_uri()}?mode=rw"
                self.connection = sqlite3.connect(address, uri=True, timeout=0)
            version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self.close()
            return False
        moved = version != self.version
        self.version = version
        return moved

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class FileWatch:
    """Looks at SQLite files for commits of other processes; one watch serves the whole process."""

    def __init__(self) -> None:
        self._files: dict[Path, _Watched] = {}
        self._task: asyncio.Task[None] | None = None

    def follow(self, path: Path, changes: Changes) -> Callable[[], None]:
        """Notify `changes` after every commit to the file; returns the call that ends it."""
        watched = self._files.setdefault(path, _Watched(path))
        watched.followers.append(changes)
        if self._task is None:
            self._task = asyncio.create_task(self._look(), name="file-watch")
        return lambda: self._leave(watched, changes)

    def _leave(self, watched: _Watched, changes: Changes) -> None:
        if changes not in watched.followers:
            return
        watched.followers.remove(changes)
        if not watched.followers and self._files.get(watched.path) is watched:
            del self._files[watched.path]
            watched.close()
        if not self._files and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _look(self) -> None:
        busy = 0
        while True:
            for watched in tuple(self._files.values()):
                if watched.moved():
                    busy = BUSY_LOOKS
                    for changes in watched.followers:
                        changes.notify()
            await asyncio.sleep(BUSY_SECONDS if busy else IDLE_SECONDS)
            busy = max(0, busy - 1)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, FileWatch] = WeakKeyDictionary()


def file_watch() -> FileWatch:
    """The watch of the running event loop: a process has one loop, so it has one watch."""
    loop = asyncio.get_running_loop()
    return _watches.setdefault(loop, FileWatch())
