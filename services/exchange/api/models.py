"""What the API of exchange answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from services.exchange.domain import Resource
from services.exchange.store import CallRow


class FieldOut(BaseModel):
    """One field of a resource."""

    name: str
    title: str
    type: str
    sensitivity: str
    max_length: int


class ResourceOut(BaseModel):
    """A resource as everybody may know of it; how its owner's system is reached is not here."""

    code: str = Field(examples=["population/household"])
    version: int
    owner: str = Field(description="the department that provides it, 18 characters")
    name: str
    key: str = Field(description="person or organisation")
    fields: list[FieldOut]
    sharing: str = Field(description="共享属性: unconditional, conditional or none")
    update_cycle: str
    legal_basis: str


class ConsumerOut(BaseModel):
    """Who is permitted."""

    client: str | None
    department: str | None


class PermitOut(BaseModel):
    """A permit as it stands."""

    id: str
    resource: str
    owner: str
    consumer: ConsumerOut
    items: list[str]
    purposes: list[str]
    fields: list[str]
    valid_from: date
    valid_until: date
    legal_basis: str
    granted_at: datetime
    granted_by: str
    revoked_at: datetime | None
    version: int


class SourceOut(BaseModel):
    """Where values come from."""

    resource: str
    name: str
    owner: str = Field(description="the department that answered, 18 characters")
    as_of: datetime = Field(description="of which moment the values are")
    basis: str = Field(description="the legal basis of the permit")
    call: str = Field(description="the call's id: it stands in the evidence")


class AnswerOut(BaseModel):
    """The values that were asked for; a field that the department leaves empty is null."""

    values: dict[str, str | int | float | bool | None]
    source: SourceOut


class CallOut(BaseModel):
    """A call, without its values."""

    id: str
    at: datetime
    resource: str
    owner: str
    consumer: ConsumerOut
    purpose: str
    case: str | None
    item: str | None
    fields: list[str]
    permit: str | None
    basis: str
    outcome: str
    reason: str | None
    latency_ms: int
    as_of: datetime | None
    evidence: str = Field(description="the id of the call's evidence")


class CallWithValues(CallOut):
    """A call, with its values as long as they are kept."""

    values: dict[str, str | int | float | bool | None] | None


def resource_out(resource: Resource) -> ResourceOut:
    """A resource without its connector."""
    return ResourceOut(
        code=resource.code,
        version=resource.version,
        owner=resource.owner,
        name=resource.name,
        key=resource.key,
        fields=[FieldOut.model_validate(field, from_attributes=True) for field in resource.fields],
        sharing=resource.sharing.value,
        update_cycle=resource.update_cycle,
        legal_basis=resource.legal_basis,
    )


def permit_out(row: Any) -> PermitOut:
    """A permit; why it was revoked stays with those who manage it."""
    return PermitOut(**row._mapping, consumer=ConsumerOut(**_consumer(row)))


def call_out(call: CallRow) -> CallOut:
    """A call without values."""
    return CallOut(**_call(call))


def call_with_values(call: CallRow, values: dict[str, Any] | None) -> CallWithValues:
    """A call with the values that are still kept."""
    return CallWithValues(**_call(call), values=values)


def _call(call: CallRow) -> dict[str, Any]:
    plain = set(CallOut.model_fields) - {"consumer", "case"}
    return {
        **{name: getattr(call, name) for name in plain},
        "consumer": ConsumerOut(**_consumer(call)),
        "case": call.case_number,
    }


def _consumer(row: Any) -> dict[str, str | None]:
    return {"client": row.client, "department": row.department}
