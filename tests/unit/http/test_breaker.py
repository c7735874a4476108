from shared.http import Breaker
from shared.http.breaker import State


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(failures=3)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert breaker.state is State.OPEN
    assert not breaker.allows()
    assert breaker.wait > 0


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(failures=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.state is State.CLOSED
    assert breaker.allows()


def test_after_the_pause_one_call_tries_and_closes_it() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, pause=2, clock=clock)
    breaker.failed()
    clock.now += 2
    assert breaker.state is State.HALF_OPEN
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert breaker.allows()


def test_a_failed_trial_opens_it_for_another_pause() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, pause=2, clock=clock)
    breaker.failed()
    clock.now += 2
    assert breaker.allows()
    breaker.failed()
    clock.now += 1
    assert not breaker.allows()
    assert breaker.wait == 1


def test_a_trial_that_never_reports_blocks_for_one_pause_only() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, pause=2, clock=clock)
    breaker.failed()
    clock.now += 2
    assert breaker.allows()
    clock.now += 2
    assert breaker.allows()
