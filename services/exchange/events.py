"""What exchange tells: calls, permits and resources, by opaque ids and codes only."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class Party(BaseModel):
    """About whom was asked, by opaque id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["person", "organisation"]
    id: str


class DataCalled(Event):
    """A department's data were asked for, whatever came of it; the values are nowhere here."""

    TYPE: ClassVar[str] = "tongban.exchange.data_called.v1"

    call: str
    resource: str
    owner: str
    client: str
    department: str | None
    party: Party
    item: str | None
    case: str | None
    purpose: str
    permit: str | None
    fields: list[str]
    outcome: str
    reason: str | None


class PermitGranted(Event):
    """A client or a department may ask a resource from now on."""

    TYPE: ClassVar[str] = "tongban.exchange.permit_granted.v1"

    permit: str
    resource: str
    owner: str
    client: str | None
    department: str | None
    items: list[str]
    purposes: list[str]
    fields: list[str]
    valid_from: date
    valid_until: date


class PermitRevoked(Event):
    """A permit has ended at once."""

    TYPE: ClassVar[str] = "tongban.exchange.permit_revoked.v1"

    permit: str
    resource: str
    owner: str
    client: str | None
    department: str | None


class ResourcePublished(Event):
    """A resource came, or came in a new version."""

    TYPE: ClassVar[str] = "tongban.exchange.resource_published.v1"

    code: str
    owner: str
    version: int
    sharing: str


class SubscriptionPaused(Event):
    """Nothing is sent to a department's receiver any more: it answered 410, or its right ended."""

    TYPE: ClassVar[str] = "tongban.exchange.subscription_paused.v1"

    subscription: str
    client: str
    department: str
    why: Literal["gone", "withdrawn"]
