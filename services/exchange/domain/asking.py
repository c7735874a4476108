"""One question to a department: about whom, by whom, on what occasion, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

PartyType = Literal["person", "organisation"]
_CLOSED = frozenset({"draft", "decided", "delivered", "refused", "withdrawn"})


class Outcome(StrEnum):
    """What came of a call."""

    ANSWERED = "answered"
    NO_RECORD = "no_record"
    DENIED = "denied"
    SOURCE_UNAVAILABLE = "source_unavailable"
    SOURCE_BROKEN = "source_broken"
    IDENTITY_UNAVAILABLE = "identity_unavailable"


@dataclass(frozen=True, slots=True)
class Party:
    """About whom is asked, by opaque id."""

    type: PartyType
    id: str


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who asks: a client, and the department whose system it is, if it asks for itself."""

    client: str
    department: str | None
    asks_for_people: bool = False  # people ask through it, each about himself


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, before it is decided on."""

    party: Party
    purpose: str
    fields: tuple[str, ...] = ()  # none named: those that the permit gives
    item: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What events told of a case: the lawful occasion of a department's question."""

    number: str
    department: str
    item: str
    party: Party
    status: str

    @property
    def is_open(self) -> bool:
        """Whether the department still has something to decide."""
        return self.status not in _CLOSED

    def occasions(self, asked: Asked, department: str) -> bool:
        """Whether this case of the department makes the question necessary."""
        return (
            self.is_open
            and self.department == department
            and self.party == asked.party
            and self.item == asked.item
        )
