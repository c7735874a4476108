"""The answer of every creating POST is lost after the commit: a retry with the key brings it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chaos_proxy import ChaosProxy, chaos_before
from tests.support.onebox import ROOT
from tests.support.stack import Stack
from tests.support.stack_load import Sender
from tests.support.stack_people import People
from tests.support.stack_places import ALLOWED, Places
from tests.support.stack_posts import ROWS

EXCHANGE = ("exchange_0", "exchange_1")


@pytest.fixture(scope="module")
def places(stack: Stack, people: People) -> Iterator[Places]:
    """The stack, with an exchange that allows a source and a receiver on this machine."""
    stack.variables("exchange", once=False, **ALLOWED)
    _start_anew(stack)
    made = Places(stack, people)
    yield made
    made.close()
    stack.variables("exchange")
    _start_anew(stack)


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[ChaosProxy]:
    """A proxy before the gateway."""
    with chaos_before(stack.gateway_port) as one:
        yield one


@pytest.fixture
def through_proxy(proxy: ChaosProxy, people: People) -> Iterator[Sender]:
    sender = Sender(people, f"http://localhost:{proxy.port}")
    yield sender
    sender.close()


def test_there_is_a_row_for_every_creating_post() -> None:
    assert _creating(ROOT / "contracts/openapi") == set(ROWS)


@pytest.mark.parametrize("post", ROWS)
def test_a_retry_after_a_lost_answer_brings_the_one_result(
    places: Places, proxy: ChaosProxy, through_proxy: Sender, post: str
) -> None:
    service, _, _ = post.partition(" ")
    act = ROWS[post](places)
    before = places.effects(service)
    lost = proxy.tell(drop_response=1)["dropped_responses"]
    assert through_proxy.once(act) is None
    assert proxy.tell()["dropped_responses"] == lost + 1
    after = places.effects(service)
    assert after > before, "it is proved before it is answered"
    answers = [through_proxy.once(act) for _ in range(2)]
    for answer in answers:
        assert answer is not None
        assert answer.status_code == act.expect, answer.text
        assert answer.headers["idempotency-replayed"] == "true"
    assert len({answer.content for answer in answers if answer}) == 1
    assert places.effects(service) == after


def _creating(folder: Path) -> set[str]:
    """Every POST of the contracts that takes an Idempotency-Key."""
    return {
        f"{file.stem} {path}"
        for file in folder.glob("*.json")
        for path, methods in json.loads(file.read_text("utf-8"))["paths"].items()
        if any(
            parameter.get("name") == "Idempotency-Key"
            for parameter in methods.get("post", {}).get("parameters", [])
        )
    }


def _start_anew(stack: Stack) -> None:
    """Both processes of exchange, at the same time."""
    dead = {name: stack.kill(name) for name in EXCHANGE}
    for name, pid in dead.items():
        stack.wait_back(name, pid)
