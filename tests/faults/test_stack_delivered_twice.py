"""Each request comes twice at once, and each event twice off the broker: the effect comes once."""

import pytest

from tests.support.stack import Stack
from tests.support.stack_bus import ends, events_since, publish, wait_taken
from tests.support.stack_judgement import TOPICS, judged, once_each
from tests.support.stack_load import Twice
from tests.support.stack_people import People

GROUPS = ("exchange.feed", "exchange.cases", "cases.items")


@pytest.mark.timeout(600)
def test_requests_that_come_twice_at_once_have_one_effect(stack: Stack, people: People) -> None:
    with judged(stack, people, workers=2, sender=Twice) as load:
        load.wait_for(16)
    answers = sum(load.statuses[status] for status in (200, 201))
    assert answers > 1.5 * len(load.acknowledged), "hardly any was sent twice"


@pytest.mark.timeout(600)
def test_events_that_are_published_twice_have_one_effect(stack: Stack, people: People) -> None:
    begin = ends(stack.bootstrap, *TOPICS)
    with judged(stack, people) as load:
        load.wait_for(8)
        # In the midst of the load, and all of them once more when it is over.
        publish(stack.bootstrap, once_each(events_since(stack.bootstrap, begin)))
        load.wait_for(8)
        load.stop()
        wait_taken(stack.bootstrap, GROUPS)
        events = once_each(events_since(stack.bootstrap, begin))
        publish(stack.bootstrap, events)
        wait_taken(stack.bootstrap, GROUPS)
    assert len(events) >= len(load.acknowledged)
    assert len(events_since(stack.bootstrap, begin)) >= 2 * len(events)
