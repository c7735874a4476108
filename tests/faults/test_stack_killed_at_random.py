"""Any process of the stack is killed at any moment under load, by a seed that is printed.

FAULT_SEED begins elsewhere, FAULT_SOAK_SECONDS goes on for longer.
"""

import os
import random
import time

import pytest

from tests.support.stack import Stack
from tests.support.stack_judgement import judged
from tests.support.stack_people import People

SEED = int(os.environ.get("FAULT_SEED", "20261122"))
SECONDS = float(os.environ.get("FAULT_SOAK_SECONDS", "20"))
LEAST_KILLS = 5
# How often each is chosen: those that hold what was acknowledged more often than the others.
CHANCES = {
    "cases_0": 3, "cases_1": 3, "exchange_0": 2, "exchange_1": 2, "catalogue_0": 2,
    "identity_0": 1, "gateway": 1, "kafka": 2, "postgres": 2,
}  # fmt: skip


@pytest.mark.timeout(900 + 20 * SECONDS)
def test_kills_of_any_process_lose_and_double_nothing(stack: Stack, people: People) -> None:
    chance = random.Random(SEED)
    killed: list[str] = []
    with judged(stack, people) as load:
        load.wait_for(4)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until or len(killed) < LEAST_KILLS:
            [name] = chance.choices(list(CHANCES), list(CHANCES.values()))
            if stack.pid(name):
                stack.kill(name)
                killed.append(name)
            time.sleep(chance.uniform(0.1, 5.0))
        load.wait_for(12)
        print(f"seed {SEED}, killed {' '.join(killed)}, answers {dict(load.statuses)}")  # noqa: T201
    assert load.statuses[500] == 0
    for name in set(killed):
        stack.wait_ready(name)
