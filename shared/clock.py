"""Time from one place, so that tests can move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment in UTC."""
    return _source()


def today(zone: str) -> date:
    """The date that people in `zone` (an IANA name) have now: statutory days are theirs."""
    return now().astimezone(ZoneInfo(zone)).date()


def rfc3339(moment: datetime) -> str:
    """`moment` as APIs and events write it: UTC, milliseconds, with its offset."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


@contextmanager
def at(moment: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Hold the clock at a moment, or let a function tell the time, until the block ends."""
    global _source  # noqa: PLW0603 - the one place where time is exchanged
    before = _source
    _source = moment if callable(moment) else lambda: moment
    try:
        yield
    finally:
        _source = before
