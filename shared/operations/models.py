"""The operators' API: what it takes and what it answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from shared.web import Body

MOST_AT_ONCE = 100
Choice = Literal["replay", "discard"]
_Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Why = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class DeadLetterLine(BaseModel):
    """An event that a consumer could not handle."""

    id: str
    number: int = Field(description="by which the service's commands know it")
    consumer: str
    topic: str
    subject: str
    sequence: int
    event: str = Field(description="the event's id")
    type: str
    parked: Literal["failed", "gap", "behind", "broken"] = Field(
        description="its handler failed; events before it are missing; it is no envelope"
    )
    reason: str
    attempts: int
    first_at: datetime
    last_at: datetime | None = Field(description="null while a replayed one is tried again")
    waiting: int = Field(description="events of its subject that wait behind it")


class BehindOut(BaseModel):
    """An event that waits behind a dead letter of its subject."""

    event: str
    type: str
    sequence: int
    at: datetime


class DecisionOut(BaseModel):
    """What an operator has decided on the event."""

    decision: Choice
    who: str
    why: str
    at: datetime


class DeadLetterDetail(DeadLetterLine):
    """A dead letter with its event, what waits behind it, and what was decided before."""

    version: int
    retry_at: datetime | None = Field(description="when it is tried next, if it is")
    envelope: dict[str, Any] | None = Field(description="the event; null when it is none")
    raw: str | None = Field(description="the bytes as text when they are no event")
    behind: list[BehindOut] = Field(description="the first twenty")
    decisions: list[DecisionOut]


class Reason(Body):
    """Why it is decided so; kept with the decision."""

    why: _Why


class ReplayMany(Reason):
    """Which dead letters are to be tried again; one filter at least."""

    consumer: _Word | None = None
    topic: _Word | None = None
    subject: _Word | None = None
    type: _Word | None = None
    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _narrowed(self) -> "ReplayMany":
        if not any((self.consumer, self.topic, self.subject, self.type)):
            raise ValueError("name a consumer, topic, subject or type")
        return self


class Decided(BaseModel):
    """What was decided just now."""

    id: str
    decision: Choice


class Skipped(BaseModel):
    """A dead letter that was left as it is."""

    id: str
    reason: str


class ReplayedMany(BaseModel):
    """Which are tried again, and which are not; `more`: others fit the filter, send it again."""

    replayed: list[str]
    skipped: list[Skipped]
    more: bool


class OutboxOut(BaseModel):
    """What has not left yet."""

    waiting: int = Field(description="counted to 10,000")
    refused: int = Field(description="the bus does not take them")
    oldest_seconds: float
    leader: str | None = Field(description="the instance that sends them, as host/process")
    last_error: str | None = Field(description="of the instance that answers")


class ConsumerOut(BaseModel):
    """How far a group of consumers is."""

    group: str
    lag: dict[str, int] | None = Field(description="not yet taken, by topic; null: bus away")
    parked: int = Field(description="kept to be tried again, dead letters included")
    dead: int
    last_error: str | None
    last_error_seconds: float | None = Field(description="its age; null: none since the start")


class QueuesOut(BaseModel):
    """The queues of a service, as the instance that answers sees them."""

    service: str
    instance: str
    outbox: OutboxOut
    consumers: list[ConsumerOut]
