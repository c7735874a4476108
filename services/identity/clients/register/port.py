"""The port: whether what somebody says of himself is what the register holds."""

from dataclasses import dataclass
from typing import Protocol


class Unanswered(Exception):
    """The register did not answer; nothing is known, and nothing was decided."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Two facts of a person, or three with a card's number (社会保障卡)."""

    name: str
    id_number: str
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the register said: only yes or no, and the number under which it keeps the question."""

    match: bool
    reference: str


class Register(Protocol):
    """A register of the population, or a service that asks one."""

    async def knows(self, facts: Facts) -> Answer:
        """Whether all these facts belong to one and the same person."""
        ...

    async def is_guardian(self, guardian: Facts, child: Facts) -> Answer:
        """Whether this person is a guardian of that child, and both are whom they say."""
        ...
