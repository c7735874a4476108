"""PostgreSQL crashes under load: 503 with a time to come again, and all goes on when it is back."""

import signal
import time

import pytest

from tests.support.stack import Stack
from tests.support.stack_judgement import judged
from tests.support.stack_load import REQUEST_SECONDS
from tests.support.stack_people import People

AWAY_SECONDS = 3.0


@pytest.mark.timeout(600)
def test_a_crash_of_the_database_is_answered_503_and_forgets_nothing(
    stack: Stack, people: People
) -> None:
    others = _others(stack)
    with judged(stack, people) as load:
        load.wait_for(4)
        stack.kill("postgres", signal.SIGQUIT)  # at once, without a word to its clients
        stack.halt("postgres")
        try:
            time.sleep(AWAY_SECONDS)
        finally:
            stack.resume("postgres")
        load.wait_for(8)
        pid = stack.kill("postgres")  # and once more, left to the process manager
        stack.wait_back("postgres", pid)
        load.wait_for(8)
    assert load.statuses[503] > 0, "nobody met it"
    assert load.without_time == 0
    assert set(load.statuses) <= {200, 201, 409, 503}, load.refusals
    assert load.broken == 0
    assert load.slowest < REQUEST_SECONDS
    assert _others(stack) == others, "it was survived by a restart"


def _others(stack: Stack) -> dict[str, int]:
    return {name: one.pid for name, one in stack.processes().items() if name != "postgres"}
