"""What the API takes and answers of subscriptions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.exchange.api.common import is_event_type
from services.exchange.domain import status_of
from shared.web import Body

_MOST_TYPES, _MOST_CODES = 20, 200
_REGION_DIGITS = 12


def _event_type(text: str) -> str:
    if not is_event_type(text):
        raise ValueError("name an event type, or all of a service as tongban.cases.*")
    return text


def _widened(region: str) -> str:
    return region.ljust(_REGION_DIGITS, "0")


Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
EventType = Annotated[str, StringConstraints(max_length=120), AfterValidator(_event_type)]
ItemCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
Region = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"), AfterValidator(_widened)
]
Types = Annotated[list[EventType], Field(max_length=_MOST_TYPES)]
Items = Annotated[list[ItemCode], Field(max_length=_MOST_CODES)]
Regions = Annotated[list[Region], Field(max_length=_MOST_CODES)]
Description = Annotated[str, StringConstraints(max_length=200)]


class SubscriptionIn(Body):
    """A receiver and what it wants; a list that is left out or empty asks for everything."""

    url: Url = Field(
        description="https://…, where events are posted", examples=["https://x.example/in"]
    )
    types: Types = Field(default_factory=list, description="tongban.cases.* is all of a service")
    items: Items = Field(default_factory=list, description="implementing or base codes")
    regions: Regions = Field(default_factory=list, description="each with all that lies below it")
    description: Description = Field("", description="for people")
    since: AwareDatetime | None = Field(
        None, description="also what came since then; left out: from now on"
    )

    def wants(self) -> dict[str, Any]:
        """The columns."""
        return self.model_dump(exclude={"since"})


class SubscriptionChange(Body):
    """What is to be different; for events that come from now on."""

    url: Url | None = None
    types: Types | None = None
    items: Items | None = None
    regions: Regions | None = None
    description: Description | None = None

    def wants(self) -> dict[str, Any]:
        """The columns that change."""
        return self.model_dump(exclude_none=True)


class Rotation(Body):
    """How long the present secret goes on to sign beside the new one."""

    overlap_hours: float = Field(24, ge=0, le=168)


class Replay(Body):
    """From when on everything is sent again."""

    since: AwareDatetime


class SubscriptionOut(BaseModel):
    """A subscription, and how it fares."""

    id: str
    client: str
    department: str
    url: str
    types: list[str]
    items: list[str]
    regions: list[str]
    description: str
    status: Literal["active", "paused", "failing"]
    paused: Literal["owner", "gone", "withdrawn"] | None = Field(
        description="by its owner, because the receiver answered 410, or because the right ended"
    )
    waiting: int = Field(description="events that wait")
    dead_letters: int
    replaying: bool = Field(description="its queue is being filled with what came before")
    failures: int = Field(description="in a row")
    last_success: datetime | None
    last_failure: datetime | None
    last_failure_reason: str | None = Field(description="a code, such as timeout or status_500")
    secret_version: int
    previous_secret_until: datetime | None
    created_at: datetime
    changed_at: datetime
    version: int


class SubscriptionWithSecret(SubscriptionOut):
    """A subscription with its signing secret, which is told this once."""

    secret: str | None = Field(description="whsec_… (Standard Webhooks); null: not good any more")


class Pinged(BaseModel):
    """What came of a ping."""

    event: str
    delivered: bool
    status: int | None = Field(description="what the receiver answered")
    reason: str | None = Field(description="why it was not delivered, a code")
    milliseconds: int


class DeadLetterOut(BaseModel):
    """An event that could not be delivered in its time; later ones of its subject wait for it."""

    event: str
    type: str
    subject: str
    queued_at: datetime
    dead_at: datetime
    attempts: int
    reason: str | None
    waiting: int = Field(description="events of the subject that wait behind it")
    envelope: dict[str, Any] = Field(description="the event, CloudEvents 1.0")


def subscription_out(row: Any) -> SubscriptionOut:
    """A row with its health."""
    return SubscriptionOut(**_told(row))


def _told(row: Any) -> dict[str, Any]:
    plain = row._mapping
    named = {name: plain[name] for name in SubscriptionOut.model_fields if name in plain}
    return {
        **named,
        "status": status_of(row.paused, row.failures).value,
        "dead_letters": row.dead,
        "replaying": row.fill_until is not None,
        "last_failure_reason": row.last_reason,
        "previous_secret_until": row.previous_until,
    }
