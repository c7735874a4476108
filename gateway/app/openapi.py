"""One OpenAPI document of all services, under the paths by which callers reach them."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gateway.proxy.backends import Backend
from gateway.routes import Route
from shared.http.errors import UpstreamFault
from shared.http.wire import Timeouts

Json = dict[str, Any]

_OPERATIONS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LARGEST = 4_194_304
_OK = 200
_FRESH = 30.0
_REF = "#/components/"
_PATIENCE = Timeouts(connect=1.0, wait=1.0, answer=3.0, idle=3.0)


class JoinedOpenAPI:
    """Asks each service for its document when somebody reads, and keeps the joint one a while."""

    def __init__(self, base: str, routes: Iterable[Route], backends: Mapping[str, Backend]) -> None:
        self._base = base
        self._routes = [route for route in routes if route.audience and route.service]
        self._backends = backends
        self._document: Json | None = None
        self._until = 0.0

    async def document(self) -> Json:
        """The joint document; a service that does not answer is named in `x-unavailable`."""
        if self._document is None or time.monotonic() >= self._until:
            services = sorted({route.service for route in self._routes if route.service})
            parts = await asyncio.gather(*(self._fetch(service) for service in services))
            documents = dict(zip(services, parts, strict=True))
            self._document = join(self._base, self._routes, documents)
            complete = not self._document["x-unavailable"]
            self._until = time.monotonic() + (_FRESH if complete else 1.0)
        return self._document

    async def _fetch(self, service: str) -> Json | None:
        upstream = self._backends[service].asked
        try:
            answer = await upstream.send(b"GET", b"/openapi.json", [], timeouts=_PATIENCE)
            try:
                body = await answer.read(_LARGEST)
            finally:
                answer.close()
            document = orjson.loads(body) if answer.status == _OK else None
        except (UpstreamFault, orjson.JSONDecodeError):
            return None
        return document if isinstance(document, dict) else None


def join(base: str, routes: Iterable[Route], documents: Mapping[str, Json | None]) -> Json:
    """Join the documents; those that are None are listed as unavailable."""
    joint: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tongban 通办",
            "version": "1",
            "description": "The APIs of all services, as callers reach them.",
        },
        "servers": [{"url": base}],
        "tags": [],
        "paths": {},
        "components": {},
        "x-unavailable": sorted(name for name, part in documents.items() if part is None),
    }
    for route in _widest(routes):
        document = documents.get(route.service or "")
        if document is not None:
            _add(joint, route, document)
    return joint


def _widest(routes: Iterable[Route]) -> list[Route]:
    """The widest route of each service: a narrower one only has other terms."""
    found: dict[str | None, Route] = {}
    for route in sorted(routes, key=lambda one: len(one.prefix)):
        found.setdefault(route.service, route)
    return sorted(found.values(), key=lambda one: one.prefix)


def _add(joint: Json, route: Route, document: Json) -> None:
    service = route.service or ""
    info = document.get("info", {})
    joint["tags"].append({"name": service, "description": str(info.get("title", service))})
    schemes = _join_schemes(joint, service, document)
    for path, item in document.get("paths", {}).items():
        below = path.removeprefix(route.upstream_prefix)
        if path != below and isinstance(item, dict):
            joint["paths"][route.prefix + below] = _item(item, service, document, schemes)
    for section, entries in document.get("components", {}).items():
        if section != "securitySchemes":
            own = {f"{service}.{name}": _renamed(e, service) for name, e in entries.items()}
            joint["components"].setdefault(section, {}).update(own)


def _join_schemes(joint: Json, service: str, document: Json) -> dict[str, str]:
    """Enter the security schemes: the same one once, another of the same name under a new one."""
    ours = document.get("components", {}).get("securitySchemes", {})
    names: dict[str, str] = {}
    if ours:
        joined = joint["components"].setdefault("securitySchemes", {})
        for name, scheme in ours.items():
            names[name] = name if joined.get(name, scheme) == scheme else f"{service}.{name}"
            joined[names[name]] = scheme
    return names


def _item(item: Json, service: str, document: Json, schemes: Mapping[str, str]) -> Json:
    result: Json = {}
    for key, value in item.items():
        result[key] = _renamed(value, service)
        if key in _OPERATIONS:
            operation = result[key]
            operation["tags"] = [service]
            if "operationId" in operation:
                operation["operationId"] = f"{service}.{operation['operationId']}"
            security = operation.get("security", document.get("security"))
            if security is not None:
                operation["security"] = [
                    {schemes.get(name, name): scopes for name, scopes in one.items()}
                    for one in security
                ]
    return result


def _renamed(value: Any, service: str) -> Any:
    """A copy whose references point at the service's components under their new names."""
    if isinstance(value, list):
        return [_renamed(one, service) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _renamed(one, service) for key, one in value.items()}
    if isinstance(copy.get("$ref"), str):
        copy["$ref"] = _reference(copy["$ref"], service)
    mapping = copy.get("mapping")
    if isinstance(mapping, dict) and "propertyName" in copy:
        copy["mapping"] = {
            name: _reference(target, service) if isinstance(target, str) else target
            for name, target in mapping.items()
        }
    return copy


def _reference(target: str, service: str) -> str:
    if not target.startswith(_REF):
        return target
    section, _, name = target.removeprefix(_REF).partition("/")
    return f"{_REF}{section}/{service}.{name}"
