"""What can go wrong on the event path.

EventError
├── BadEnvelope         bytes that are no envelope of ours: which attribute, and why
├── EventTooBig         found when the event is added, so that the relay never meets it
├── EventRefused        the bus will never take these events as they are; others go on
├── BusUnavailable      the bus is away: everything is kept and tried again
├── LeadershipLost      another process may lead now: stop at once
└── DeadLetterUnusable  nothing can be done with this dead letter now
    ├── DeadLetterGone      it is handled or discarded, or there never was one
    ├── DeadLetterRetried   it is being tried again: nothing is to be decided
    ├── DeadLetterBehind    an earlier event of its subject has to be decided first
    └── DeadLetterBroken    its bytes are no envelope for this version either
"""

from collections.abc import Mapping


class EventError(Exception):
    """Something on the event path failed."""


class BadEnvelope(EventError):
    """The bytes are not an event envelope."""


class EventTooBig(EventError):
    """The event does not fit on the bus."""


class EventRefused(EventError):
    """The bus refuses single events for good; `reasons` says why for each event id."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{event}: {reason}" for event, reason in reasons.items()))
        self.reasons = dict(reasons)


class BusUnavailable(EventError):
    """The bus cannot be reached or cannot store."""


class LeadershipLost(EventError):
    """The lock that makes this process the leader is gone."""


class DeadLetterUnusable(EventError):
    """There is no such dead letter, or it cannot be replayed as it is."""


class DeadLetterGone(DeadLetterUnusable):
    """There is no such dead letter (any more)."""


class DeadLetterRetried(DeadLetterUnusable):
    """It was replayed and is being tried again."""


class DeadLetterBehind(DeadLetterUnusable):
    """An earlier event of its subject is parked."""


class DeadLetterBroken(DeadLetterUnusable):
    """It cannot be replayed, since it still is no envelope."""


def reason_of(error: BaseException) -> str:
    """One line that is safe to store and log.

    Only the first line: later ones may carry SQL parameters or rows, and so personal data.
    """
    first = (str(error).splitlines() or [""])[0][:400]
    # Unprintable characters and lone surrogates are not storable text everywhere.
    text = "".join(character if character.isprintable() else "?" for character in first)
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = ""
    if where is not None:
        code = where.tb_frame.f_code
        place = f" (in {code.co_name}, {code.co_filename.rpartition('/')[2]}:{where.tb_lineno})"
    return f"{type(error).__name__}: {text}{place}"
