"""The template of the route that a request took: bounded in number, and without anybody's data."""

from typing import Any

from starlette.routing import Mount
from starlette.types import Scope

UNMATCHED = "unmatched"


def route_of(scope: Scope) -> str:
    """`/v1/cases/{number}` for `/v1/cases/9901…`; `unmatched` where no route took it."""
    effective = scope.get("fastapi", {}).get("effective_route_context")
    route = effective or scope.get("route") or _by_endpoint(scope)
    path = _path(getattr(route, "starlette_route", None)) or _path(route)
    if not path:
        return UNMATCHED
    if isinstance(route, Mount):
        return path
    prefix = scope.get("root_path", "")[len(scope.get("app_root_path", "")) :]
    return f"{prefix}{path}"


def _path(route: Any) -> str:
    return getattr(route, "path_format", None) or getattr(route, "path", None) or ""


def _by_endpoint(scope: Scope) -> Any:
    """FastAPI's router does not say which plain Starlette route or mount it chose."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    mount = None
    for route in getattr(scope.get("router"), "routes", ()):
        if isinstance(route, Mount):
            mount = route if route.app is endpoint else mount
        elif getattr(route, "endpoint", None) is endpoint and _matches(route, scope):
            return route
    return mount


def _matches(route: Any, scope: Scope) -> bool:
    return route.path_regex.match(scope["path"]) is not None
