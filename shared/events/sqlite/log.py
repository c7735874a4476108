"""The file of the embedded event log, and the one thread of this process that writes to it.

WAL with synchronous=FULL: what is acknowledged survives a power cut. All that wait while a commit
runs are committed together by the next one.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from shared.events.bus import Message
from shared.events.errors import BusUnavailable, reason_of
from shared.failpoints import declare, failpoint

BUSY_SECONDS = 5.0
OFFSET_SECONDS = 0.2
SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
  position INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  event_id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  envelope BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS log_topic ON log (topic, position);
CREATE TABLE IF NOT EXISTS offsets (
  consumer TEXT NOT NULL,
  topic TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (consumer, topic)
) WITHOUT ROWID;
"""
_INSERT = (
    "INSERT INTO log (topic, event_id, subject, type, envelope) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (event_id) DO NOTHING"
)
_MOVE = (
    "INSERT INTO offsets (consumer, topic, position) VALUES (?, ?, ?)"
    " ON CONFLICT (consumer, topic) DO UPDATE SET position = max(position, excluded.position)"
)
_log = logging.getLogger(__name__)

BEFORE_COMMIT = declare("events.log.before_commit", "appended to the log, not committed")
AFTER_COMMIT = declare("events.log.after_commit", "in the log for good, not yet acknowledged")


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the log; it commits by itself where no transaction is begun."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def create(path: Path) -> None:
    """Make the file and its tables; processes that start together wait for each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with closing(connect(path)) as connection:
                # The change to WAL does not wait for other connections by itself: hence the loop.
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(SCHEMA)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


@dataclass(slots=True)
class _Append:
    topic: str
    messages: Sequence[Message]
    done: Future[None] = field(default_factory=Future)


class _Signal(Enum):
    MOVED = "offsets wait for a commit"
    CLOSE = "commit what waits and end"


class Writer:
    """Appends and moves offsets in one thread: what has queued is committed together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Append | _Signal] = queue.SimpleQueue()
        self._offsets: dict[tuple[str, str], int] = {}
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Store the messages; returns after the commit. BusUnavailable: perhaps not stored."""
        request = _Append(topic, messages)
        self._queue.put(request)
        await asyncio.wrap_future(request.done)

    def move(self, group: str, positions: Mapping[str, int]) -> None:
        """Move a group's offsets with the next commit, which comes soon."""
        with self._guard:
            for topic, position in positions.items():
                self._offsets[group, topic] = position
        self._queue.put(_Signal.MOVED)

    async def flush(self) -> None:
        """Commit the offsets that were moved."""
        await self.append("", ())

    async def close(self) -> None:
        """Commit what waits and end the thread."""
        self._queue.put(_Signal.CLOSE)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        going = True
        while going:
            requests = self._collect()
            going = _Signal.CLOSE not in requests
            # A request that nobody waits for any more is left out.
            self._settle(
                [
                    r
                    for r in requests
                    if isinstance(r, _Append) and r.done.set_running_or_notify_cancel()
                ]
            )
        if self._connection is not None:
            self._connection.close()

    def _collect(self) -> list[_Append | _Signal]:
        requests = [self._queue.get()]
        if requests == [_Signal.MOVED]:
            # Offsets alone can wait for company: a lost one only means a second delivery.
            with suppress(queue.Empty):
                requests.append(self._queue.get(timeout=OFFSET_SECONDS))
        while not self._queue.empty():
            requests.append(self._queue.get())
        return requests

    def _settle(self, requests: list[_Append]) -> None:
        with self._guard:
            offsets, self._offsets = self._offsets, {}
        if not requests and not offsets:
            return
        try:
            self._commit(requests, offsets)
        except Exception as error:  # noqa: BLE001 - the thread lives on; the callers are told
            self._undo(offsets)
            if len(requests) > 1:
                for request in requests:
                    self._settle([request])
                return
            reason = BusUnavailable(f"the event log {self._path}: {reason_of(error)}")
            _log.warning("%s", reason)
            for request in requests:
                request.done.set_exception(reason)
        else:
            for request in requests:
                request.done.set_result(None)

    def _commit(self, requests: list[_Append], offsets: Mapping[tuple[str, str], int]) -> None:
        if self._connection is None:
            self._connection = connect(self._path)
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        for request in requests:
            rows = ((request.topic, m.id, m.subject, m.type, m.body) for m in request.messages)
            connection.executemany(_INSERT, rows)
        connection.executemany(_MOVE, [(*key, at) for key, at in offsets.items()])
        failpoint(BEFORE_COMMIT)
        connection.execute("COMMIT")
        failpoint(AFTER_COMMIT)

    def _undo(self, offsets: Mapping[tuple[str, str], int]) -> None:
        with self._guard:
            self._offsets = {**offsets, **self._offsets}
        if self._connection is not None:
            # A fresh connection next time: after a failed commit this one may be of no use.
            self._connection.close()
            self._connection = None
