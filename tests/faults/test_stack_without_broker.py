"""The broker is away under load: people notice nothing, and the events go out when it is back.

FAULT_SECONDS says for how long.
"""

import os
import time

import pytest

from tests.support.stack import Stack
from tests.support.stack_judgement import judged, rows
from tests.support.stack_people import People

SECONDS = float(os.environ.get("FAULT_SECONDS", "12"))


@pytest.mark.timeout(600 + 2 * SECONDS)
def test_cases_go_on_without_the_broker_and_their_events_follow(
    stack: Stack, people: People
) -> None:
    with judged(stack, people) as load:
        load.wait_for(4)
        stack.halt("kafka")
        try:
            before = len(load.acknowledged)
            time.sleep(SECONDS)
            load.wait_for(8)
            waiting = rows(stack, "cases", "SELECT count(*) FROM outbox")[0][0]
            # All that was acknowledged since waits there, but for what left before the halt.
            assert waiting >= len(load.acknowledged) - before
            assert set(load.statuses) <= {200, 201}, load.refusals
        finally:
            stack.resume("kafka")
        load.wait_for(8)
    assert set(load.statuses) <= {200, 201}, load.refusals
    assert load.broken == 0
