"""kill -9 at random moments of several journeys, by a seed that is printed."""

import random
import threading
import time

from tests.support.journey import Begun, Journey
from tests.support.onebox import Onebox

_KILLS = 3
_MOST_JOURNEYS = 20
_SEED = 20261121


def test_kills_at_random_moments_lose_and_double_nothing(onebox: Onebox, begun: Begun) -> None:
    chance = random.Random(_SEED)
    onebox.start()

    def kill_now_and_then() -> None:
        for _ in range(_KILLS):
            time.sleep(chance.uniform(0.1, 2.5))
            if onebox.exit_code() is None:
                onebox.kill_quietly()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    journeys: list[Journey] = []
    while killer.is_alive() and len(journeys) < _MOST_JOURNEYS:
        journeys.append(begun(onebox))
        journeys[-1].walk()
    killer.join()
    for journey in journeys:
        journey.judge()
    assert journeys[0].cases() == len(journeys), f"seed {_SEED}"
    assert sum(journey.deaths for journey in journeys) >= 1
