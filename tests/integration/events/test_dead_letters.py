import pytest

from shared.events import DeadLetter, DeadLetterUnusable, EventBus, Message
from shared.events.inbox import Why
from tests.support.stations import TOPIC, Station, message, running, until, until_seen

OPERATOR = {"who": "stf_1", "why": "the department has corrected its record"}


async def letters(station: Station) -> list[DeadLetter]:
    async with station.db.read() as connection:
        return list(await station.dead_letters.list(connection))


async def until_dead(station: Station, count: int = 1) -> list[DeadLetter]:
    async def dead() -> bool:
        return len(await letters(station)) == count

    await until(dead)
    return await letters(station)


async def make_dead(station: Station, bus: EventBus, *messages: Message) -> DeadLetter:
    await bus.publish(TOPIC, messages)
    async with running(station.consumer(bus).run):
        (letter,) = await until_dead(station)
    return letter


async def test_an_event_is_a_dead_letter_after_bounded_attempts(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 1)}
    letter = await make_dead(station, bus, message("a", 1), message("a", 2), message("b", 1))
    assert (letter.subject, letter.sequence, letter.why) == ("a", 1, Why.FAILED)
    assert (letter.attempts, letter.waiting) == (3, 1)
    assert "this one is poison" in letter.reason
    assert b'"step":1' in letter.envelope
    assert await station.seen() == [("b", 1)]


async def test_a_replayed_letter_and_those_behind_it_have_their_effects_in_order(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 1)}
    letter = await make_dead(station, bus, message("a", 1), message("a", 2), message("a", 3))
    station.poison = set()
    async with running(station.consumer(bus).run):
        async with station.db.write() as tx:
            await station.dead_letters.replay(tx, letter.id, **OPERATOR)
        await until_seen(station, [("a", 1), ("a", 2), ("a", 3)])
        await bus.publish(TOPIC, [message("a", 4)])
        await until_seen(station, [("a", n) for n in (1, 2, 3, 4)])
    assert await letters(station) == []
    assert [n for _, n in await station.seen()] == [1, 2, 3, 4]


async def test_a_letter_that_fails_again_is_dead_again(station: Station, bus: EventBus) -> None:
    station.poison = {("a", 1)}
    letter = await make_dead(station, bus, message("a", 1))
    async with station.db.write() as tx:
        await station.dead_letters.replay(tx, letter.id, **OPERATOR)
    assert await letters(station) == []
    async with running(station.consumer(bus).run):
        (again,) = await until_dead(station)
    assert (again.id, again.attempts) == (letter.id, 3)


async def test_a_discarded_letter_lets_those_behind_it_go_on(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 2)}
    letter = await make_dead(station, bus, *(message("a", n) for n in (1, 2, 3)))
    async with running(station.consumer(bus).run):
        async with station.db.write() as tx:
            await station.dead_letters.discard(tx, letter.id, **OPERATOR)
        await until_seen(station, [("a", 1), ("a", 3)])
        await bus.publish(TOPIC, [message("a", 4)])
        await until_seen(station, [("a", 1), ("a", 3), ("a", 4)])


async def test_every_decision_is_kept_with_who_why_and_the_event(
    station: Station, bus: EventBus
) -> None:
    station.poison = {("a", 1)}
    letter = await make_dead(station, bus, message("a", 1))
    async with station.db.write() as tx:
        await station.dead_letters.discard(tx, letter.id, **OPERATOR)
    async with station.db.read() as connection:
        (made,) = await station.dead_letters.decisions(connection)
    assert (made.decision, made.who, made.why) == ("discard", *OPERATOR.values())
    assert made.envelope == letter.envelope


async def test_a_decision_without_who_or_why_is_refused(station: Station, bus: EventBus) -> None:
    station.poison = {("a", 1)}
    letter = await make_dead(station, bus, message("a", 1))
    with pytest.raises(ValueError, match="who decides and why"):
        async with station.db.write() as tx:
            await station.dead_letters.discard(tx, letter.id, who="stf_1", why="")
    assert await letters(station) == [letter]


async def test_a_gap_that_never_fills_is_a_dead_letter_and_can_be_passed_over(
    station: Station, bus: EventBus
) -> None:
    letter = await make_dead(station, bus, message("a", 1), message("a", 4), message("a", 5))
    assert letter.why is Why.GAP
    assert "events 2 to 3 of the subject have not come" in letter.reason
    async with running(station.consumer(bus).run):
        async with station.db.write() as tx:
            await station.dead_letters.replay(tx, letter.id, **OPERATOR)
        await until_seen(station, [("a", 1), ("a", 4), ("a", 5)])


async def test_a_gap_that_fills_late_needs_no_operator(station: Station, bus: EventBus) -> None:
    await make_dead(station, bus, message("a", 1), message("a", 3))
    await bus.publish(TOPIC, [message("a", 2)])
    async with running(station.consumer(bus).run):
        await until_seen(station, [("a", 1), ("a", 2), ("a", 3)])
    assert await letters(station) == []


async def test_bytes_that_are_no_envelope_are_a_dead_letter_and_hold_nothing_up(
    station: Station, bus: EventBus
) -> None:
    broken = Message("00000000-0000-7000-8000-000000000001", "x", "a", b"\xff\x00")
    letter = await make_dead(station, bus, broken, message("a", 1))
    assert (letter.why, letter.envelope) == (Why.BROKEN, b"\xff\x00")
    assert await station.seen() == [("a", 1)]
    with pytest.raises(DeadLetterUnusable, match="still no envelope"):
        async with station.db.write() as tx:
            await station.dead_letters.replay(tx, letter.id, **OPERATOR)
    async with station.db.write() as tx:
        await station.dead_letters.discard(tx, letter.id, **OPERATOR)
    assert await letters(station) == []


async def test_letters_are_listed_in_pages(station: Station, bus: EventBus) -> None:
    station.poison = {(f"s{n}", 1) for n in range(5)}
    await bus.publish(TOPIC, [message(f"s{n}", 1) for n in range(5)])
    async with running(station.consumer(bus).run):
        everything = await until_dead(station, 5)
    async with station.db.read() as connection:
        first = await station.dead_letters.list(connection, limit=3)
        rest = await station.dead_letters.list(connection, after=first[-1].id, limit=3)
        other = await station.dead_letters.list(connection, consumer="another")
    assert [*first, *rest] == everything
    assert other == []


async def test_a_letter_that_is_gone_says_so(station: Station) -> None:
    with pytest.raises(DeadLetterUnusable, match="no dead letter 7"):
        async with station.db.write() as tx:
            await station.dead_letters.replay(tx, 7, **OPERATOR)
