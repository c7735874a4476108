"""Staff of departments: positions, roles, and which doors a role opens."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.identity.domain.errors import Invalid

_DESK = frozenset({"cases.handle", "cases.read", "exchange.query"})

# The three administrators are separate on purpose (三员分立): none of them handles cases, and
# what the system administrator changes the audit administrator sees without changing it.
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "clerk": _DESK,
    "officer": _DESK,
    "approver": _DESK,
    "hall_manager": _DESK,
    "catalogue_editor": frozenset({"catalogue.manage"}),
    "inspector": frozenset({"cases.read", "events.read"}),
    "data_officer": frozenset({"exchange.query", "exchange.manage", "events.read"}),
    "coordinator": frozenset({"catalogue.manage", "cases.read", "events.read"}),
    "system_administrator": frozenset({"ops.read", "ops.manage", "events.read"}),
    "security_administrator": frozenset({"identity.manage"}),
    "audit_administrator": frozenset({"ops.read", "events.read"}),
}
EVERYBODYS = frozenset({"openid", "profile", "staff", "catalogue.read", "identity.self"})


def known_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles, when each is one that opens something."""
    given = tuple(dict.fromkeys(roles))
    if not given or not ROLE_SCOPES.keys() >= set(given):
        those = ", ".join(sorted(ROLE_SCOPES))
        raise Invalid("roles", f"角色可以是：{those}。", f"A role is one of: {those}.")
    return given


@dataclass(frozen=True, slots=True)
class Duties:
    """What an office is for: positions as the department calls them, roles as we know them."""

    positions: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staff:
    """An office that a person holds in one department and region."""

    id: str
    person: str
    department: str
    region: str
    positions: tuple[str, ...]
    roles: tuple[str, ...]

    def scopes(self) -> frozenset[str]:
        """The doors that this office opens."""
        return EVERYBODYS.union(*(ROLE_SCOPES.get(role, frozenset()) for role in self.roles))
