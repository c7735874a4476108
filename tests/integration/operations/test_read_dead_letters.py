"""Dead letters as operators see them through the API of a service."""

from shared.events import Message
from tests.support.operated import Operated
from tests.support.stations import TOPIC, message

POISON = (("a", 1), ("b", 1), ("c", 1))


async def test_a_letter_says_what_failed_and_how_much_waits_behind_it(service: Operated) -> None:
    await service.kill(message("a", 1), message("a", 2), message("a", 3), poison=[("a", 1)])
    (letter,) = await service.letters()
    assert letter["consumer"] == "probe.readers"
    assert (letter["topic"], letter["subject"], letter["sequence"]) == (TOPIC, "a", 1)
    assert letter["type"] == "tongban.probe.moved.v1"
    assert "this one is poison" in letter["reason"]
    assert (letter["parked"], letter["attempts"], letter["waiting"]) == ("failed", 3, 2)
    assert letter["first_at"] <= letter["last_at"]
    assert "envelope" not in letter


async def test_one_letter_shows_its_event_and_what_waits(service: Operated) -> None:
    (id_,) = await service.kill(message("a", 1), message("a", 2), poison=[("a", 1)])
    found = await service.read(id_)
    assert found["envelope"]["subject"] == "a"
    assert found["envelope"]["data"]["step"] == 1
    assert [(one["sequence"], one["type"]) for one in found["behind"]] == [
        (2, "tongban.probe.moved.v1")
    ]
    assert (found["version"], found["decisions"], found["raw"]) == (1, [], None)


async def test_bytes_that_are_no_event_are_shown_as_they_are(service: Operated) -> None:
    broken = Message("00000000-0000-7000-8000-000000000001", "x", "a", b"\xff{")
    (id_,) = await service.kill(broken, others=1)
    found = await service.read(id_)
    assert (found["parked"], found["envelope"], found["raw"]) == ("broken", None, "\\xff{")


async def test_letters_come_in_pages_that_follow_each_other(service: Operated) -> None:
    ids = await service.kill(*(message(s, n) for s, n in POISON), poison=POISON)
    first = await service.http.get(
        "/v1/dead-letters", params={"limit": 2}, headers=service.administrator()
    )
    assert [one["id"] for one in first.json()["items"]] == ids[:2]
    rest = await service.letters(cursor=first.json()["next"])
    assert [one["id"] for one in rest] == ids[2:]


async def test_letters_are_filtered_by_consumer_topic_subject_and_type(service: Operated) -> None:
    await service.kill(*(message(s, n) for s, n in POISON), poison=POISON)
    for wanted, count in (
        ({"subject": "b"}, 1),
        ({"consumer": "probe.readers"}, 3),
        ({"topic": TOPIC, "type": "tongban.probe.moved.v1"}, 3),
        ({"consumer": "probe.others"}, 0),
        ({"topic": "tongban.cases"}, 0),
        ({"type": "tongban.probe.rested.v1"}, 0),
    ):
        assert len(await service.letters(**wanted)) == count, wanted


async def test_a_number_that_is_used_again_is_another_letter(service: Operated) -> None:
    (first,) = await service.kill(message("a", 1), poison=[("a", 1)])
    assert (await service.decide(first, "discard")).status_code == 200
    (second,) = await service.kill(message("b", 1), poison=[("b", 1)])
    number = second.partition("-")[0]
    stale = f"{number}-{first.partition('-')[2]}"
    answer = await service.decide(stale, "discard")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/dead-letter-not-found")
    assert [one["id"] for one in await service.letters()] == [second]
