"""What a resource and a permit must say, whether they come by the API or from a file."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.exchange.domain import EVERY_ITEM
from services.exchange.domain.resource import Sharing
from shared.settings import UpstreamURL
from shared.web import Body

CODE = r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*){1,3}"
Code = Annotated[str, StringConstraints(pattern=f"^{CODE}$", max_length=64)]
Department = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]
ClientId = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9._-]{1,120}|\*)$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ItemCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,64}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Purpose = Literal["prefill", "case", "self"]
Cycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "yearly"]
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")


class FieldIn(Body):
    """One field of a resource."""

    name: FieldName
    title: Name = Field(description="as people read it")
    type: Literal["string", "integer", "number", "boolean", "date"] = "string"
    sensitivity: Literal["open", "personal", "sensitive"] = "personal"
    max_length: int = Field(500, ge=1, le=10_000)


class ConnectorIn(Body):
    """How the owner's system is asked: POST {"key", "fields"} → {"record", "as_of"}."""

    kind: Literal["http"] = "http"
    url: UpstreamURL = Field(description="http://HOST:PORT, https://HOST or unix:/PATH.sock")
    path: str = Field(max_length=200, pattern=f"^{_PATH.pattern}$")
    timeout: float = Field(2.0, ge=0.1, le=30, description="seconds")
    credential: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="name of the key file that the operator put there; sent as X-API-Key",
    )


class ResourceIn(Body):
    """A data resource, by whoever provides it."""

    code: Code = Field(examples=["population/household"])
    owner: Department = Field(description="the department that provides it")
    name: Name
    key: Literal["person", "organisation"] = Field(description="about whom it is asked")
    fields: Annotated[list[FieldIn], Field(min_length=1, max_length=200)]
    sharing: Sharing = Field(description="共享属性; none: the legal basis says why")
    update_cycle: Cycle
    legal_basis: Words
    connector: ConnectorIn

    @model_validator(mode="after")
    def _names_each_field_once(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("two fields have the same name")
        return self


class ConsumerIn(Body):
    """Who is permitted: a client, every system of a department, or people themselves."""

    client: ClientId | None = Field(
        None, description="* means whichever client people use to ask about themselves"
    )
    department: Department | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.client is None) == (self.department is None):
            raise ValueError("name either a client or a department")
        return self


class PermitIn(Body):
    """A permit, by whoever provides the resource."""

    resource: Code
    consumer: ConsumerIn
    items: Annotated[list[ItemCode | Literal["*"]], Field(min_length=1, max_length=500)] = Field(
        description="implementing or base codes of the items it serves, or *"
    )
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    fields: Annotated[list[FieldName], Field(min_length=1, max_length=200)]
    valid_from: date
    valid_until: date = Field(description="the last day")
    legal_basis: Words

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until is before valid_from")
        if EVERY_ITEM in self.items and len(self.items) > 1:
            raise ValueError("* already means every item: leave out the others")
        return self
