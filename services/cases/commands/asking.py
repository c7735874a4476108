"""Who asks for an act, in which language, and which version he saw."""

from dataclasses import dataclass

from services.cases.policy import identities_of
from shared.auth import Subject


@dataclass(frozen=True, slots=True)
class Asking:
    """One request, as far as a command needs to know it."""

    subject: Subject
    language: str = "zh"
    expected: int | None = None  # If-Match
    token: str = ""  # to ask sources on behalf of the subject

    @property
    def actor(self) -> str:
        """The opaque id under which the act is recorded."""
        return self.subject.staff.id if self.subject.staff else self.subject.sub

    @property
    def identities(self) -> frozenset[str]:
        """Under which ids he acts, so that nobody meets himself in another office."""
        return identities_of(self.subject)

    @property
    def kind(self) -> str:
        """As what the actor acts."""
        if self.subject.staff:
            return "staff"
        return "system" if self.subject.is_system else "applicant"
