"""A circuit breaker: who failed several times in a row is left alone for a while.

closed --failures in a row--> open --after the pause--> half-open --success--> closed
                                ^------------failure---------'
"""

import time
from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """The state of one upstream as its callers see it."""

    def __init__(
        self,
        failures: int = 5,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`failures` in a row open it; after `pause` seconds one call may try."""
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._in_a_row = 0
        self._opened_at = 0.0
        self._trial_at: float | None = None

    @property
    def state(self) -> State:
        """What the next caller meets."""
        if self._in_a_row < self._limit:
            return State.CLOSED
        return State.OPEN if self.wait > 0 else State.HALF_OPEN

    @property
    def wait(self) -> float:
        """Seconds until a call may go through."""
        if self._in_a_row < self._limit:
            return 0.0
        # A trial that never reports, because its caller was cancelled, must not block for ever.
        since = self._opened_at if self._trial_at is None else self._trial_at
        return max(0.0, since + self._pause - self._clock())

    def allows(self) -> bool:
        """Whether this call may go through; the trial of a half-open breaker is taken by asking."""
        if self._in_a_row < self._limit:
            return True
        if self.wait > 0:
            return False
        self._trial_at = self._clock()
        return True

    def succeeded(self) -> None:
        """The upstream answered as it should."""
        self._in_a_row = 0
        self._trial_at = None

    def failed(self) -> None:
        """The upstream did not answer, or said that it cannot."""
        self._in_a_row += 1
        self._opened_at = self._clock()
        self._trial_at = None
