"""Replaying and discarding: once, with evidence, and never two decisions on one letter."""

import asyncio
import json

import pytest
from sqlalchemy import select

from shared.events import Message
from tests.support.operated import WHY, Operated
from tests.support.stations import TOPIC, message, running, until, until_seen


async def test_a_replay_has_the_effect_once_and_those_behind_follow(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), message("a", 2), poison=[("a", 1)])
    service.station.poison = set()
    key = {"Idempotency-Key": "replay-1"}
    first = await service.decide(id_, "replay", **key)
    again = await service.decide(id_, "replay", **key)
    assert first.json() == again.json() == {"id": id_, "decision": "replay"}
    assert again.headers["idempotency-replayed"] == "true"
    async with running(service.station.consumer(service.bus).run):
        await until_seen(service.station, [("a", 1), ("a", 2)])
    assert await service.letters() == []


async def test_a_letter_under_way_is_not_decided_again(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    await service.decide(id_, "replay")
    for decision in ("replay", "discard"):
        answer = await service.decide(id_, decision)
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("/dead-letter-undecidable")
        assert "安排重试" in answer.json()["detail"]
    found = await service.read(id_)
    assert found["last_at"] is None
    assert found["retry_at"] is not None


async def test_a_replay_that_fails_again_is_a_dead_letter_that_tells_of_it(
    service: Operated,
) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    await service.decide(id_, "replay", staff="stf_7")

    async def dead() -> bool:
        return len(await service.letters()) == 1

    async with running(service.station.consumer(service.bus).run):
        await until(dead)
    found = await service.read(id_)
    assert (found["version"], found["attempts"]) == (2, 3)
    (decision,) = found["decisions"]
    assert (decision["decision"], decision["who"]) == ("replay", "stf_7")
    assert decision["why"] == WHY["why"]
    assert await service.station.seen() == []


async def test_a_discarded_letter_lets_its_subject_go_on(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), message("a", 2), poison=[("a", 1)])
    assert (await service.decide(id_, "discard")).status_code == 200
    async with running(service.station.consumer(service.bus).run):
        await until_seen(service.station, [("a", 2)])
    gone = await service.decide(id_, "replay")
    assert gone.status_code == 404


async def test_a_decision_stands_in_the_evidence_with_who_and_without_his_words(
    service: Operated,
) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    await service.decide(id_, "discard", staff="stf_9")
    (row,) = await service.proved()
    proof = json.loads(row)
    assert (proof["act"], proof["actor"]) == ("discard_dead_letter", "stf_9")
    assert (proof["subject"], proof["facts"]["consumer"]) == ("a", "probe.readers")
    assert WHY["why"] not in row


async def test_of_many_decisions_at_once_one_counts(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    answers = await asyncio.gather(
        *(service.decide(id_, ("replay", "discard")[n % 2], staff=f"stf_{n}") for n in range(10))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {404, 409}
    assert len(await service.proved()) == 1
    async with service.station.db.read() as connection:
        made = await connection.execute(select(service.station.inbox.decisions))
    assert len(made.all()) == 1


async def test_who_saw_an_older_state_is_told_who_decided(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    await service.decide(id_, "replay", staff="stf_first")

    async def dead() -> bool:
        return len(await service.letters()) == 1

    async with running(service.station.consumer(service.bus).run):
        await until(dead)
    late = await service.decide(id_, "discard", **{"If-Match": '"1"'})
    assert late.status_code == 412
    assert late.json()["changed_by"] == "stf_first"
    assert (await service.decide(id_, "discard", **{"If-Match": '"2"'})).status_code == 200


async def test_after_a_gap_a_replay_goes_on_without_the_missing_events(
    service: Operated,
) -> None:
    (id_,) = await service.kill(message("a", 1), message("a", 3), message("a", 5), others=1)
    assert (await service.read(id_))["parked"] == "gap"
    assert (await service.decide(id_, "replay")).status_code == 200
    async with running(service.station.consumer(service.bus).run):
        await until_seen(service.station, [("a", 1), ("a", 3)])


async def test_an_earlier_event_of_the_subject_is_decided_first(service: Operated) -> None:
    await service.kill(message("a", 1), message("a", 5), others=1)
    ids = await service.kill(message("a", 2), poison=[("a", 2)], others=1)
    later, earlier = ids
    refused = await service.decide(later, "discard")
    assert refused.status_code == 409
    assert "更早的事件" in refused.json()["detail"]
    assert (await service.decide(earlier, "discard")).status_code == 200
    assert (await service.decide(later, "discard")).status_code == 200


async def test_bytes_that_are_no_event_can_only_be_discarded(service: Operated) -> None:
    broken = Message("00000000-0000-7000-8000-000000000001", "x", "a", b"\xff\x00")
    (id_,) = await service.kill(broken, others=1)
    refused = await service.decide(id_, "replay")
    assert refused.status_code == 409
    assert "只能放弃" in refused.json()["detail"]
    assert (await service.decide(id_, "discard")).status_code == 200
    assert await service.letters() == []


@pytest.mark.parametrize("body", [{}, {"why": " "}, {"why": "x" * 1001}, {"why": "x", "who": "y"}])
async def test_a_decision_needs_a_reason_and_nothing_else(
    service: Operated, body: dict[str, str]
) -> None:
    (id_,) = await service.kill(message("a", 1), poison=[("a", 1)])
    answer = await service.http.post(
        f"/v1/dead-letters/{id_}/discard", json=body, headers=service.administrator()
    )
    assert answer.status_code == 422
    assert len(await service.letters()) == 1


async def replay_all(service: Operated, **wanted: object) -> dict[str, list[object]]:
    answer = await service.http.post(
        "/v1/dead-letters/replay", json=WHY | wanted, headers=service.administrator()
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, list[object]] = answer.json()
    return found


async def test_all_that_fit_a_filter_are_replayed_as_many_as_asked(service: Operated) -> None:
    poison = [(f"s{n}", 1) for n in range(4)]
    ids = await service.kill(*(message(s, n) for s, n in poison), poison=poison)
    service.station.poison = set()
    first = await replay_all(service, consumer="probe.readers", limit=3)
    assert first == {"replayed": ids[:3], "skipped": [], "more": True}
    rest = await replay_all(service, consumer="probe.readers", limit=3)
    assert rest == {"replayed": ids[3:], "skipped": [], "more": False}
    async with running(service.station.consumer(service.bus).run):
        await until_seen(service.station, poison)


async def test_what_cannot_be_replayed_is_left_and_named(service: Operated) -> None:
    broken = Message("00000000-0000-7000-8000-000000000001", "x", "a", b"\xff\x00")
    ids = await service.kill(broken, message("b", 1), poison=[("b", 1)], others=1)
    done = await replay_all(service, topic=TOPIC)
    assert len(done["replayed"]) == 1
    assert [one["id"] for one in done["skipped"]] == [  # type: ignore[index]
        id_ for id_ in ids if id_ not in done["replayed"]
    ]


async def test_nothing_is_replayed_without_a_filter(service: Operated) -> None:
    await service.kill(message("a", 1), poison=[("a", 1)])
    answer = await service.http.post(
        "/v1/dead-letters/replay", json=WHY, headers=service.administrator()
    )
    assert answer.status_code == 422
    assert len(await service.letters()) == 1
