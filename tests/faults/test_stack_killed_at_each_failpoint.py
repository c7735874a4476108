"""Processes of the stack die at each named point under load; nothing is lost, nothing doubled."""

import time
from collections.abc import Iterator

import pytest

import services.cases.app
import services.exchange.app  # noqa: F401 - they declare the failpoints
from shared.failpoints import POINTS
from tests.support.stack import Stack
from tests.support.stack_failpoints import Killing
from tests.support.stack_judgement import judged
from tests.support.stack_people import People
from tests.support.stack_probes import Overtaking, Receiver, Subscription, receiving

# At which of its passes a process dies there: after some work, and of the rarer ones sooner.
CASES = {
    "cases.before_commit": 6,
    "cases.after_commit_before_answer": 6,
    "events.outbox.added": 6,
    "events.relay.before_publish": 5,
    "events.relay.after_publish": 5,
    "events.relay.after_delete": 5,
}
EXCHANGE = {
    "events.consumer.fetched": 6,
    "events.consumer.before_effect": 8,
    "events.consumer.after_effect": 8,
    "events.consumer.before_offset": 6,
    "events.consumer.after_offset": 6,
    "events.consumer.parked": 2,
    "events.retry.after_effect": 3,
    "exchange.webhook.queued": 5,
    "exchange.webhook.claimed": 4,
    "exchange.webhook.before_send": 5,
    "exchange.webhook.after_send": 5,
    "exchange.webhook.marked": 5,
}
SECONDS = 600.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A department's receiver of webhooks."""
    with receiving() as one:
        yield one


@pytest.fixture
def cases(stack: Stack) -> Iterator[Killing]:
    """The processes of cases."""
    killing = Killing(stack, ("cases_0", "cases_1"), _armed(CASES))
    yield killing
    killing.end()


@pytest.fixture
def exchange(stack: Stack) -> Iterator[Killing]:
    """The processes of exchange, which may reach the receiver from their next start on.

    Who dies holds up what was given to him until his time is over: let that be short.
    """
    stack.variables(
        "exchange",
        EVENTS_URL=f"kafka://{stack.bootstrap}/?session_seconds=2",
        EXCHANGE_WEBHOOK_NETWORKS='["127.0.0.0/8"]',
        EXCHANGE_WEBHOOK_HTTP="true",
        EXCHANGE_WEBHOOK_SECONDS="1",
    )
    killing = Killing(stack, ("exchange_0", "exchange_1"), _armed(EXCHANGE))
    yield killing
    stack.variables("exchange")
    killing.end()


def test_every_point_that_a_stack_can_pass_is_here() -> None:
    there = {name for name in POINTS if not name.startswith("events.log.")}
    assert there == {*CASES, *EXCHANGE}


@pytest.mark.timeout(1200)
def test_a_death_at_each_point_loses_and_doubles_nothing(
    stack: Stack, people: People, receiver: Receiver, cases: Killing, exchange: Killing
) -> None:
    others = _others(stack)
    exchange.begin()
    cases.begin()
    with Subscription(stack, people, receiver) as subscription:
        overtaking = Overtaking(stack)
        with judged(stack, people) as load:
            until = time.monotonic() + SECONDS
            while cases.left or exchange.left:
                assert time.monotonic() < until, f"never passed: {cases.left + exchange.left}"
                assert not load.errors
                cases.look()
                exchange.look()
                overtaking.step()
            cases.disarm()
            exchange.disarm()
            load.stop()
            overtaking.end()
        for number in load.cases:
            subscription.judge(number)
    assert {point for _, point in cases.deaths} == set(_armed(CASES))
    assert {point for _, point in exchange.deaths} == set(_armed(EXCHANGE))
    assert _others(stack) == others


def _armed(points: dict[str, int]) -> list[str]:
    return [f"{name}:kill@{passes}" for name, passes in points.items()]


def _others(stack: Stack) -> dict[str, int]:
    """The processes that nobody kills here."""
    victims = ("cases_", "exchange_")
    return {n: p.pid for n, p in stack.processes().items() if not n.startswith(victims)}
