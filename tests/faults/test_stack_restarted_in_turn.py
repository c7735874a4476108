"""Two instances of each service that people wait for, restarted one after the other under load."""

import pytest

from tests.support.stack import Stack
from tests.support.stack_judgement import judged
from tests.support.stack_people import People

INSTANCES = ("cases_0", "cases_1", "exchange_0", "exchange_1")


@pytest.mark.timeout(600)
def test_a_restart_one_after_the_other_is_noticed_by_nobody(stack: Stack, people: People) -> None:
    before = {name: stack.pid(name) for name in INSTANCES}
    with judged(stack, people) as load:
        load.wait_for(4)
        for name in INSTANCES:
            stack.restart(name)
            load.wait_for(2)
    assert all(stack.pid(name) not in (0, pid) for name, pid in before.items())
    assert set(load.statuses) == {200, 201}, load.refusals
    assert load.broken == 0
