"""Who is asking: the claims of an access token, with opaque ids only and never a name."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """For whom somebody acts, and on which recorded delegation that rests."""

    type: Literal["person", "org"]
    id: str
    delegation: str
    items: frozenset[str] | None = None  # None: every item
    expires_at: float | None = None

    def covers(self, *item_codes: str) -> bool:
        """Whether the delegation reaches an item, known by any of its codes."""
        return self.items is None or not self.items.isdisjoint(item_codes)


@dataclass(frozen=True, slots=True)
class InPlaceOf:
    """The absent colleague's office that a deputy fills, and the recorded deputation."""

    id: str
    deputation: str


@dataclass(frozen=True, slots=True)
class Staff:
    """The office that somebody holds or fills, in the department and region it was given for."""

    id: str
    department: str
    region: str
    positions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    in_place_of: InPlaceOf | None = None


@dataclass(frozen=True, slots=True)
class System:
    """The department, and its region, that a client system was registered for."""

    department: str
    region: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Who logged in (or which system), through which client, for whom, with which scopes."""

    sub: str
    kind: Literal["person", "system"]
    client_id: str
    scopes: frozenset[str]
    audiences: frozenset[str]
    token_id: str
    issued_at: float
    expires_at: float
    on_behalf_of: OnBehalfOf | None = None
    act: tuple[str, ...] = ()  # services that call for the subject, the nearest first (RFC 8693)
    staff: Staff | None = None
    system: System | None = None
    acr: int = 0  # 1 to 4; 0 where nobody logged in or the level is unknown
    sid: str | None = None
    auth_time: float | None = None
    bound_key: str | None = None  # the thumbprint of the key that must prove itself (RFC 9449)
    bound_certificate: str | None = None  # the same of a certificate (RFC 8705)

    @property
    def is_bound(self) -> bool:
        """Whether the token alone is not enough."""
        return self.bound_key is not None or self.bound_certificate is not None

    @property
    def is_person(self) -> bool:
        """Whether a person logged in."""
        return self.kind == "person"

    @property
    def is_system(self) -> bool:
        """Whether a machine asks for itself."""
        return self.kind == "system"

    @property
    def acting_for(self) -> str:
        """The id of the one whose matter it is: the represented, else the subject itself."""
        return self.on_behalf_of.id if self.on_behalf_of else self.sub

    @property
    def department(self) -> str | None:
        """The department for which the subject asks, as its staff or as its system."""
        office = self.staff or self.system
        return office.department if office else None

    @property
    def for_oneself(self) -> bool:
        """Whether nobody else is represented."""
        return self.on_behalf_of is None

    def allows(self, scope: str) -> bool:
        """Whether the token opens this door; the policy still decides on the record."""
        return scope in self.scopes

    def has_role(self, role: str) -> bool:
        """Whether the subject asks as staff with this role."""
        return self.staff is not None and role in self.staff.roles

    @property
    def identifiers(self) -> frozenset[str]:
        """Every id by which this token can be revoked."""
        ids = {self.token_id, self.sub, self.client_id, *self.act}
        if self.sid:
            ids.add(self.sid)
        if self.staff:
            ids.add(self.staff.id)
            if self.staff.in_place_of:
                ids.add(self.staff.in_place_of.deputation)
        if self.on_behalf_of:
            ids |= {self.on_behalf_of.id, self.on_behalf_of.delegation}
        return frozenset(ids)
