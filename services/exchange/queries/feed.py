"""Reading the feed, and waiting for what comes next."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from services.exchange.store import Feed
from shared.changes import Changes
from shared.db import Database

# Other processes append too when the database is a server: nobody notifies this one of that.
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Following:
    """Events of the feed, and the position up to which all were looked at."""

    events: list[dict[str, Any]]
    position: int


class FeedWatch:
    """Looks once for all followers whether the feed has grown."""

    def __init__(self, db: Database) -> None:
        self.changes = Changes()
        self._db = db
        self._every = _LOOK_SECONDS if db.dialect == "postgresql" else None

    async def run(self, stop: asyncio.Event) -> None:
        """Look after each commit, and on a server now and then, until the stop."""
        commits = self._db.changes.cursor()
        stopping = asyncio.create_task(stop.wait())
        last = -1
        try:
            while not stop.is_set():
                async with self._db.read() as connection:
                    head = await Feed(connection).head()
                if head != last:
                    last = head
                    self.changes.notify()
                await _first(commits.wait(self._every), stopping)
        finally:
            stopping.cancel()
            self.changes.notify()


class FeedReader:
    """Gives followers their events; a bounded number of them may wait."""

    def __init__(self, db: Database, watch: FeedWatch, followers: int) -> None:
        self._db = db
        self._watch = watch
        self._free = followers

    async def read(
        self,
        audiences: Iterable[str],
        types: Iterable[str],
        after: int,
        limit: int,
        seconds: float,
    ) -> Following:
        """The events after a position; none only when the time runs out first."""
        growth = self._watch.changes.cursor()
        found = await self._look(audiences, types, after, limit)
        if found.events or not seconds or not self._free:
            return found
        self._free -= 1
        try:
            async with asyncio.timeout(seconds):
                while not found.events:
                    await growth.wait()
                    found = await self._look(audiences, types, found.position, limit)
        except TimeoutError:
            pass
        finally:
            self._free += 1
        return found

    async def _look(
        self, audiences: Iterable[str], types: Iterable[str], after: int, limit: int
    ) -> Following:
        async with self._db.read() as connection:
            feed = Feed(connection)
            head = await feed.head()
            entries = await feed.page(audiences, types, after, head, limit)
        # A full page ends where it ends; else everything up to the head was looked at.
        position = entries[-1].position if len(entries) == limit else max(after, head)
        return Following([orjson.loads(entry.event) for entry in entries], position)


async def _first(waiting: Any, stopping: "asyncio.Task[bool]") -> None:
    task = asyncio.create_task(waiting)
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
