"""kill -9 at random moments of several journeys, by a seed that is printed."""

import random
import threading
import time

from tests.support.journey import Begun
from tests.support.onebox import Onebox

_JOURNEYS = 3
_SEED = 20261121


def test_kills_at_random_moments_lose_and_double_nothing(onebox: Onebox, begun: Begun) -> None:
    chance = random.Random(_SEED)
    onebox.start()
    over = threading.Event()

    def kill_now_and_then() -> None:
        for _ in range(3):
            time.sleep(chance.uniform(0.2, 2.5))
            if over.is_set():
                return
            if onebox.exit_code() is None:
                onebox.kill_quietly()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    journeys = [begun(onebox) for _ in range(_JOURNEYS)]
    for journey in journeys:
        journey.walk()
    over.set()
    killer.join()
    for journey in journeys:
        journey.judge()
    assert journeys[0].cases() == _JOURNEYS, f"seed {_SEED}"
    assert sum(journey.deaths for journey in journeys) >= 1
