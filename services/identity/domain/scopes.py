"""Scopes and their audiences. A scope opens a door; policies decide on the record."""

from collections.abc import Iterable

from services.identity.domain.oauth import InvalidScope

OPENID = frozenset({"openid", "profile", "phone", "email"})
SERVICE_SCOPES = frozenset(
    {
        "catalogue.read",
        "catalogue.manage",
        "cases.apply",
        "cases.handle",
        "cases.read",
        "exchange.query",
        "exchange.manage",
        "events.read",
        "identity.self",
        "identity.manage",
        "ops.read",
        "ops.manage",
    }
)
# Of these the token opens userinfo, and nothing that the services of the platform keep.
OF_THE_LOGIN = OPENID | {"staff"}
ALL = OF_THE_LOGIN | SERVICE_SCOPES

# Who logs in for the desk asks for `staff`, and then for nothing that a citizen does for himself.
CITIZEN_ONLY = frozenset({"cases.apply"})
STAFF_ONLY = frozenset(
    {
        "cases.handle",
        "catalogue.manage",
        "exchange.manage",
        "identity.manage",
        "ops.read",
        "ops.manage",
        "events.read",
    }
)

# Where the service that a scope opens is not the word before its dot.
_HOMES = {
    "events": ("exchange",),
    "ops": ("catalogue", "cases", "exchange", "identity", "traces"),
}


def parse(text: str) -> frozenset[str]:
    """The scopes of a request; one that is not known is refused by its name."""
    scopes = frozenset(text.split())
    if unknown := sorted(scopes - ALL):
        raise InvalidScope(f"unknown scope: {_shown(unknown[0])}")
    return scopes


def check_for_person(scopes: frozenset[str]) -> None:
    """A desk's token and a citizen's token are never one: RFC 6749 `invalid_scope` if mixed."""
    if "staff" in scopes and (mixed := sorted(scopes & CITIZEN_ONLY)):
        raise InvalidScope(f"{mixed[0]} is a citizen's own act and is not given with staff")
    if "staff" not in scopes and (mixed := sorted(scopes & STAFF_ONLY)):
        raise InvalidScope(f"{mixed[0]} is for the desk: ask for staff as well")


def services(scope: str) -> tuple[str, ...]:
    """The services whose doors a scope opens."""
    service, dot, _ = scope.partition(".")
    return _HOMES.get(service, (service,)) if dot else ("identity",)


def homes(scopes: Iterable[str]) -> frozenset[str]:
    """The services that a token with these scopes is meant for."""
    return frozenset(service for scope in scopes for service in services(scope))


def written(scopes: Iterable[str]) -> str:
    """Scopes as one text, always in the same order."""
    return " ".join(sorted(scopes))


def _shown(scope: str) -> str:
    return "".join(c for c in scope[:40] if c.isascii() and c.isprintable() and c not in '"\\')
