"""What identity tells the others: opaque ids only, never a name or a number."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.event import Event


class PersonRegistered(Event):
    """A natural person has an account."""

    TYPE: ClassVar[str] = "tongban.identity.person_registered.v1"

    person: str
    level: int


class PersonLevelRaised(Event):
    """A person proved more of who he is; `level` is his real-name level now."""

    TYPE: ClassVar[str] = "tongban.identity.person_level_raised.v1"

    person: str
    level: int


class PersonClosed(Event):
    """A person closed the account: every service erases or pseudonymises by its table."""

    TYPE: ClassVar[str] = "tongban.identity.person_closed.v1"

    person: str


class OrganisationRegistered(Event):
    """An organisation is known; `legal_representative` acts for it by law."""

    TYPE: ClassVar[str] = "tongban.identity.organisation_registered.v1"

    organisation: str
    legal_representative: str | None


class Principal(BaseModel):
    """For whom somebody acts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["person", "org"]
    id: str


class DelegationGranted(Event):
    """Somebody may act for the principal; `items` null means every item."""

    TYPE: ClassVar[str] = "tongban.identity.delegation_granted.v1"

    delegation: str
    basis: str
    principal: Principal
    agent: str
    items: list[str] | None
    valid_from: datetime
    valid_until: datetime | None


class DelegationRevoked(Event):
    """From now on nobody acts on this delegation."""

    TYPE: ClassVar[str] = "tongban.identity.delegation_revoked.v1"

    delegation: str
    principal: Principal
    agent: str


class StaffAppointed(Event):
    """A person holds an office, or holds it with other roles than before."""

    TYPE: ClassVar[str] = "tongban.identity.staff_appointed.v1"

    staff: str
    person: str
    department: str
    region: str
    positions: list[str]
    roles: list[str]


class StaffDeactivated(Event):
    """An office has ended: every token that names it is refused at once."""

    TYPE: ClassVar[str] = "tongban.identity.staff_deactivated.v1"

    staff: str
    person: str
    department: str


class StaffRoleChanged(Event):
    """What a role opens, or which roles it excludes, is now this; or there is a new one."""

    TYPE: ClassVar[str] = "tongban.identity.staff_role_changed.v1"

    role: str
    scopes: list[str]
    conflicts: list[str]
    passes: bool


class StaffDeputed(Event):
    """During an absence the deputy fills the office, with these of its roles."""

    TYPE: ClassVar[str] = "tongban.identity.staff_deputed.v1"

    deputation: str
    office: str
    deputy: str
    department: str
    region: str
    roles: list[str]
    begins_at: datetime
    ends_at: datetime


class StaffDeputationEnded(Event):
    """Nobody fills the office by this deputation any more: its tokens are refused at once."""

    TYPE: ClassVar[str] = "tongban.identity.staff_deputation_ended.v1"

    deputation: str
    office: str
    deputy: str


class StaffSeconded(Event):
    """An office is resident in the hall that a department runs in a region."""

    TYPE: ClassVar[str] = "tongban.identity.staff_seconded.v1"

    secondment: str
    office: str
    department: str
    hall_department: str
    hall_region: str
    begins_at: datetime
    ends_at: datetime


class StaffSecondmentEnded(Event):
    """The office is resident in that hall no more."""

    TYPE: ClassVar[str] = "tongban.identity.staff_secondment_ended.v1"

    secondment: str
    office: str
    hall_department: str
    hall_region: str


class SessionEnded(Event):
    """A login has ended: tokens with this `sid` are refused."""

    TYPE: ClassVar[str] = "tongban.identity.session_ended.v1"

    session: str
    person: str
    why: str


class TokenRevoked(Event):
    """An access token is refused before its time."""

    TYPE: ClassVar[str] = "tongban.identity.token_revoked.v1"

    token: str


class SigningKeyWithdrawn(Event):
    """A key was stolen: whatever it signed is refused at once."""

    TYPE: ClassVar[str] = "tongban.identity.signing_key_withdrawn.v1"

    key: str = Field(examples=["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"])


class ClientRegistered(Event):
    """A client system was registered, or registered anew with other rights."""

    TYPE: ClassVar[str] = "tongban.identity.client_registered.v1"

    client: str
    department: str | None
    region: str | None
    scopes: list[str] | None = None  # what it may ask for itself; older events do not tell
