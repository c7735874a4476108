"""The port: one message to one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.i18n import Language
from shared.ids import new_id

Kind = Literal["sms", "email"]


class NotSent(Exception):
    """The message did not leave; `reason` is a code, and holds nothing of the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: a template of `texts` and its values; who sends again keeps the `id`."""

    kind: Kind
    to: str
    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    language: Language = "zh"
    id: str = field(default_factory=lambda: new_id("msg"))


class Messages(Protocol):
    """A way out to people."""

    @property
    def reaches(self) -> frozenset[Kind]:
        """What can be sent this way; a page offers nothing else."""
        ...

    async def send(self, message: Message) -> None:
        """Send it, or raise NotSent; never waits longer than a few seconds."""
        ...
