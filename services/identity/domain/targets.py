"""Which APIs a token is meant for (RFC 8707): those it names, else all its scopes open."""

from collections.abc import Sequence

from services.identity.domain.oauth import InvalidTarget
from services.identity.domain.scopes import OF_THE_LOGIN, homes, services


def address(base: str, service: str) -> str:
    """The identifier of a service's API, as `aud` names it."""
    return f"{base}/api/{service}"


def aim(
    scopes: frozenset[str], resources: Sequence[str], base: str
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The scopes that belong to the wanted resources, and those resources."""
    reachable = {address(base, service) for service in homes(scopes)}
    wanted = tuple(dict.fromkeys(resources)) or tuple(sorted(reachable))
    if not wanted or not set(wanted) <= reachable:
        raise InvalidTarget("the resource is unknown, or no scope of the request belongs to it")
    kept = {
        scope
        for scope in scopes
        if scope in OF_THE_LOGIN
        or any(address(base, service) in wanted for service in services(scope))
    }
    return frozenset(kept), wanted
