import asyncio
import getpass
import json
from typing import Any

import pytest
from sqlalchemy import select

from services.cases.store.tables import mechanisms
from shared.db import Database
from shared.events import Consumer, DeadLetters, Envelope, Message, RetryPolicy, from_url
from tests.support.commands import Operator
from tests.support.stations import QUICK, TOPIC, ProbeMoved, message, running, until

LETTERS = DeadLetters(mechanisms.inbox)


async def consume(operator: Operator, *messages: Message, fails: bool, dead: int) -> list[int]:
    """Hand messages to a consumer of cases until so many are dead; gives what it handled."""
    db, bus = Database(operator.database("cases")), from_url(f"sqlite:///{operator.folder}/bus.db")
    handled: list[int] = []

    async def handle(_tx: Any, envelope: Envelope) -> None:
        if fails:
            raise ValueError("this one is poison")
        handled.append(envelope.sequence)

    async def enough() -> bool:
        async with db.read() as connection:
            parked = (await connection.execute(select(mechanisms.inbox.parked))).all()
            letters = await LETTERS.list(connection)
        return len(letters) == dead and (fails or not parked)

    policy = RetryPolicy(1, QUICK)
    consumer = Consumer(
        db, bus, "cases.items", {ProbeMoved.TYPE: handle}, mechanisms.inbox, policy=policy
    )
    if messages:
        await bus.publish(TOPIC, messages)
    async with running(consumer.run):
        await until(enough)
    await bus.close()
    await db.dispose()
    return handled


async def rows(operator: Operator, table: Any) -> list[Any]:
    db = Database(operator.database("cases"))
    async with db.read() as connection:
        found = list((await connection.execute(select(table))).all())
    await db.dispose()
    return found


@pytest.fixture
def stuck(operator: Operator) -> Operator:
    """A subject of which the first event is a dead letter and the second waits behind it."""
    operator.does("cases", "make-keys")
    operator.does("cases", "migrate")
    asyncio.run(consume(operator, message("a", 1), message("a", 2), fails=True, dead=1))
    return operator


def test_they_are_listed_and_shown_with_their_event(stuck: Operator) -> None:
    listed = stuck.does("cases", "dead-letters", "list")
    for part in ("cases.items", ProbeMoved.TYPE, "failed", "poison", "1 wait behind it"):
        assert part in listed
    shown = stuck.does("cases", "dead-letters", "show", "1")
    assert json.loads(shown[shown.index("{") :])["data"] == {"step": 1, "note": ""}


def test_a_replayed_one_and_what_waits_behind_it_are_handled(stuck: Operator) -> None:
    stuck.does("cases", "dead-letters", "replay", "1", "--why", "mended")
    assert asyncio.run(consume(stuck, fails=False, dead=0)) == [1, 2]
    assert "no dead letters" in stuck.does("cases", "dead-letters", "list")


def test_a_discarded_one_lets_those_behind_it_go_on(stuck: Operator) -> None:
    stuck.does("cases", "dead-letters", "discard", "1", "--why", "a test event")
    assert asyncio.run(consume(stuck, fails=False, dead=0)) == [2]


def test_who_decided_stands_in_the_evidence_and_his_words_do_not(stuck: Operator) -> None:
    stuck.does("cases", "dead-letters", "discard", "1", "--why", "张三 asked for it")
    (decision,) = asyncio.run(rows(stuck, mechanisms.inbox.decisions))
    (evidence,) = asyncio.run(rows(stuck, mechanisms.evidence.rows))
    proved = json.loads(evidence.row)
    who = f"operator:{getpass.getuser()}"
    assert (decision.who, decision.why) == (who, "张三 asked for it")
    assert (proved["act"], proved["actor"]) == ("discard_dead_letter", who)
    assert proved["facts"]["consumer"] == "cases.items"
    assert "张三" not in evidence.row


@pytest.mark.parametrize("act", ["show", "replay", "discard"])
def test_one_that_is_not_there_is_told_and_leaves_nothing(stuck: Operator, act: str) -> None:
    why = () if act == "show" else ("--why", "mended")
    assert "there is no dead letter 99" in stuck.refused("cases", "dead-letters", act, "99", *why)
    assert asyncio.run(rows(stuck, mechanisms.evidence.rows)) == []


def test_a_decision_without_a_reason_is_refused(stuck: Operator) -> None:
    for words in (("replay", "1"), ("discard", "1", "--why", "  ")):
        said = stuck.run("cases", "dead-letters", *words)
        assert said.code == 2
        assert "--why" in said.err
    assert asyncio.run(rows(stuck, mechanisms.inbox.decisions)) == []
