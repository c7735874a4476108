"""After trouble on a stack: is everything that was acknowledged there, once, and in order?

It is judged when everything has arrived, or nothing moves any more.
"""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg

from shared.events import Envelope
from tests.support.stack import Stack
from tests.support.stack_bus import ends, events_since
from tests.support.stack_load import FACTS, HANDLING, Load, Sender
from tests.support.stack_people import People

TOPICS = ("tongban.cases", "tongban.catalogue")
SERVICES = ("identity", "catalogue", "cases", "exchange")
_ACTS = ["submit", *(act for act, _ in HANDLING)]
_STILL_SECONDS = 60.0  # longer than any consumer waits for a member of its group that is dead
_REPLAYED = 24


def rows(stack: Stack, service: str, query: str, *values: Any) -> list[asyncpg.Record]:
    """What a service has stored."""

    async def read() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(stack.database(service))
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
        finally:
            await connection.close()
        return found

    return asyncio.run(read())


@contextmanager
def judged(
    stack: Stack, people: People, *, workers: int = 4, sender: type[Sender] = Sender
) -> Iterator[Load]:
    """Load in the block; at its end everybody finishes, and it is judged."""
    before = Before(stack)
    load = Load(stack, people, workers=workers, sender=sender)
    load.start()
    try:
        yield load
    finally:
        load.stop()
    before.judge(load)


class Before:
    """Where things stood when the load began, to be compared with how they stand afterwards."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._places = ends(stack.bootstrap, *TOPICS)
        self._position = rows(stack, "exchange", "SELECT position FROM feed_head")[0][0]
        self._numbers = self._all_numbers()
        self._evidence = {name: self._last_evidence(name) for name in ("cases", "catalogue")}

    def judge(self, load: Load) -> None:
        """Raise AssertionError unless all is there, once, in order."""
        assert load.cases, "nothing was acknowledged: this shows nothing"
        self._settle(load)
        self._judge_cases(load)
        self._judge_evidence(load)
        self._judge_bus(load)
        self._judge_feed(load)
        self._judge_copies(load)
        self._judge_replays(load)

    def _settle(self, load: Load) -> None:
        """Wait until everything has arrived, or nothing moves any more."""
        wanted = (
            0, len(load.acknowledged), len(load.cases), sum(map(len, load.published.values())),
        )  # fmt: skip
        last, moved = None, time.monotonic()
        while (found := self._progress(load)) != wanted:
            if found != last:
                last, moved = found, time.monotonic()
            if time.monotonic() - moved > _STILL_SECONDS:
                return  # the judgement says what is missing
            time.sleep(0.3)

    def _progress(self, load: Load) -> tuple[int, ...]:
        """What waits in outboxes, and what has come to feed, known cases and kept versions."""
        waiting = sum(self._count(name, "SELECT count(*) FROM outbox") for name in SERVICES)
        feed = "SELECT count(*) FROM feed WHERE position > $1 AND type LIKE 'tongban.cases.%'"
        known = "SELECT count(*) FROM known_cases WHERE number = ANY($1) AND status = 'delivered'"
        kept = "SELECT count(*) FROM item_versions WHERE code = $1 AND version = ANY($2)"
        return (
            waiting,
            self._count("exchange", feed, self._position),
            self._count("exchange", known, list(load.cases)),
            sum(self._count("cases", kept, code, made) for code, made in load.published.items()),
        )

    def _judge_cases(self, load: Load) -> None:
        """Each submission is one case with its whole history; there is no other."""
        assert self._all_numbers() - self._numbers == set(load.cases)
        found = rows(
            self._stack,
            "cases",
            "SELECT number, status, act FROM cases JOIN case_history h ON h.case_id = cases.id "
            "WHERE number = ANY($1) ORDER BY number, seq",
            list(load.cases),
        )
        assert {row["status"] for row in found} == {"delivered"}
        acts: dict[str, list[str]] = defaultdict(list)
        for row in found:
            if row["act"] in _ACTS:
                acts[row["number"]].append(row["act"])
        assert acts == dict.fromkeys(load.cases, _ACTS)

    def _judge_evidence(self, load: Load) -> None:
        """Each act is proved once."""
        proved = Counter(
            (row["subject"], row["act"].removeprefix("cases."))
            for row in self._evidence_since("cases")
        )
        wanted = {(number, act) for number in load.cases for act in _ACTS}
        assert {one: proved[one] for one in wanted} == dict.fromkeys(wanted, 1)
        published = Counter(row["subject"] for row in self._evidence_since("catalogue"))
        assert published == {code: len(made) for code, made in load.published.items()}

    def _judge_bus(self, load: Load) -> None:
        """Every event is on the broker, in order from 1 on without a hole; once but for repeats."""
        by_subject: dict[str, list[Envelope]] = defaultdict(list)
        for event in once_each(events_since(self._stack.bootstrap, self._places)):
            by_subject[event.subject].append(event)
        for number in load.cases:
            events = by_subject.pop(number, [])
            assert [e.type.split(".")[2] for e in events] == FACTS, number
            assert [e.sequence for e in events] == [1, 2, 3, 4], number
        for code, made in load.published.items():
            events = by_subject.pop(code, [])
            assert [e.data["version"] for e in events] == made, code
            first = events[0].sequence
            assert [e.sequence for e in events] == [first + n for n in range(len(made))], code
        assert not by_subject, "events of something that nobody was told of"

    def _judge_feed(self, load: Load) -> None:
        """The departments' feed has each event of a case once, in order."""
        found = rows(
            self._stack,
            "exchange",
            "SELECT event FROM feed WHERE position > $1 AND type LIKE 'tongban.cases.%' "
            "ORDER BY position",
            self._position,
        )
        fed: dict[str, list[int]] = defaultdict(list)
        for row in found:
            event = Envelope.parse(row["event"])
            fed[event.subject].append(event.sequence)
        assert fed == {number: [1, 2, 3, 4] for number in load.cases}

    def _judge_copies(self, load: Load) -> None:
        """Who keeps a copy has it as the owner's last event left it; nothing is parked."""
        query = "SELECT number, status FROM known_cases WHERE number = ANY($1)"
        known = rows(self._stack, "exchange", query, list(load.cases))
        assert {r["number"]: r["status"] for r in known} == dict.fromkeys(load.cases, "delivered")
        for code, made in load.published.items():
            assert made == list(range(made[0], made[0] + len(made))), "a version came twice"
            for service in ("catalogue", "cases"):
                query = "SELECT version FROM item_versions WHERE code = $1 AND item IS NOT NULL"
                stored = {row[0] for row in rows(self._stack, service, query, code)}
                assert set(made) <= stored, (service, code)
                assert max(stored) == made[-1], (service, code)
        for service in SERVICES:
            parked = "SELECT consumer, subject, why, reason FROM inbox_parked"
            assert rows(self._stack, service, parked) == [], service

    def _judge_replays(self, load: Load) -> None:
        """Whoever asks again with his key gets the same answer to the byte, and nothing more."""
        sender = Sender(load.people, self._stack.base)
        for done in random.sample(load.acknowledged, min(_REPLAYED, len(load.acknowledged))):
            again = sender.once(done.act)
            assert again is not None
            assert again.status_code == done.act.expect, again.text
            assert again.headers["idempotency-replayed"] == "true"
            assert again.content == done.answer
        sender.close()
        assert self._all_numbers() - self._numbers == set(load.cases)

    def _all_numbers(self) -> set[str]:
        return {row[0] for row in rows(self._stack, "cases", "SELECT number FROM cases")}

    def _last_evidence(self, service: str) -> str:
        found = rows(self._stack, service, "SELECT max(id) FROM evidence_rows")[0][0]
        return found or ""

    def _evidence_since(self, service: str) -> list[dict[str, Any]]:
        query = "SELECT row FROM evidence_rows WHERE id > $1"
        found = rows(self._stack, service, query, self._evidence[service])
        return [json.loads(row[0]) for row in found]

    def _count(self, service: str, query: str, *values: Any) -> int:
        return int(rows(self._stack, service, query, *values)[0][0])


def once_each(events: Sequence[Envelope]) -> list[Envelope]:
    """The first of each event; a repeat must be the same to the byte."""
    first: dict[str, Envelope] = {}
    for event in events:
        assert first.setdefault(event.id, event).encode() == event.encode()
    return list(first.values())
