"""What breaks those who built on a released contract. Inside a version there are only additions.

Schemas are compared by the direction of the data: what we take may become wider, what we give
may become narrower. An event goes both ways, since old ones stay in the log and are read again.
New values of an enumeration in what we give are additions: readers ignore what they do not know.
"""

from collections.abc import Callable, Iterator
from typing import Any

from deploy.contracts.schemas import Direction, Sides

Json = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_API_ADVICE = "keep it, or offer the new form beside it at a new path or under /v2"
_EVENT_ADVICE = "keep it, or publish the new form as a .v2 beside this one for a stated time"
_PROBLEM_ADVICE = "clients rely on slug and status: add a new slug instead"


def breaks(name: str, old: Json, new: Json | None) -> Iterator[str]:
    """Each promise of the contract `name` that `new` (None: gone) does not keep any more."""
    kind = name.split("/", maxsplit=1)[0]
    compare, advice = _KINDS[kind]
    found = ("the whole contract is gone",) if new is None else compare(old, new)
    for what in found:
        yield f"{name}: {what}. This breaks the released contract: {advice}."


def _problems(old: Json, new: Json) -> Iterator[str]:
    present = {one["slug"]: one for one in new["problems"]}
    for one in old["problems"]:
        now = present.get(one["slug"])
        if now is None:
            yield f"the problem {one['slug']} is gone"
        elif now["status"] != one["status"]:
            yield f"the problem {one['slug']} has the status {now['status']}, not {one['status']}"


def _event(old: Json, new: Json) -> Iterator[str]:
    sides = Sides(old, new)
    yield from sides.differences(old, new, "", Direction.GIVEN)
    yield from sides.differences(old, new, "", Direction.TAKEN)


def _openapi(old: Json, new: Json) -> Iterator[str]:
    sides = Sides(old, new)
    for path, item in old["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{where} is gone"
                continue
            for compare in (_name, _security, _parameters, _body, _responses):
                yield from (f"{where}: {what}" for what in compare(sides, item[method], now))


def _name(_: Sides, old: Json, new: Json) -> Iterator[str]:
    if old.get("operationId") != new.get("operationId"):
        yield f"operationId {old.get('operationId')} is now {new.get('operationId')}"


def _security(_: Sides, old: Json, new: Json) -> Iterator[str]:
    doors = new.get("security") or [{}]
    for key in old.get("security") or [{}]:
        if not any(_opens(key, door) for door in doors):
            yield f"{_words(key)} is not enough any more"


def _opens(key: Json, door: Json) -> bool:
    return all(name in key and set(scopes) <= set(key[name]) for name, scopes in door.items())


def _words(key: Json) -> str:
    return " and ".join(f"{name} {' '.join(scopes)}".strip() for name, scopes in key.items()) or (
        "a call without token"
    )


def _parameters(sides: Sides, old: Json, new: Json) -> Iterator[str]:
    was, now = _by_place(old), _by_place(new)
    for place, parameter in was.items():
        if place not in now:
            yield f"the {place} is gone"
            continue
        if now[place].get("required") and not parameter.get("required"):
            yield f"the {place} is now required"
        yield from sides.differences(
            parameter.get("schema", {}), now[place].get("schema", {}), place, Direction.TAKEN
        )
    for place in now.keys() - was.keys():
        if now[place].get("required"):
            yield f"the {place} is new and required"


def _by_place(operation: Json) -> dict[str, Json]:
    return {f"{one['in']} parameter {one['name']}": one for one in operation.get("parameters", [])}


def _body(sides: Sides, old: Json, new: Json) -> Iterator[str]:
    was, now = old.get("requestBody"), new.get("requestBody")
    if now is None:
        if was is not None:
            yield "the request body is not taken any more"
        return
    if now.get("required") and not (was or {}).get("required"):
        yield "a request body is now required"
    if was is not None:
        yield from _content(sides, was, now, "request", Direction.TAKEN)


def _responses(sides: Sides, old: Json, new: Json) -> Iterator[str]:
    for status, was in old.get("responses", {}).items():
        now = new.get("responses", {}).get(status)
        if now is None:
            yield f"the response {status} is gone"
        else:
            yield from _content(sides, was, now, f"response {status}", Direction.GIVEN)


def _content(sides: Sides, old: Json, new: Json, where: str, direction: Direction) -> Iterator[str]:
    for media, was in old.get("content", {}).items():
        now = new.get("content", {}).get(media)
        if now is None:
            yield f"the {where} as {media} is gone"
        else:
            yield from sides.differences(
                was.get("schema", {}), now.get("schema", {}), where, direction
            )


_KINDS: dict[str, tuple[Callable[[Json, Json], Iterator[str]], str]] = {
    "openapi": (_openapi, _API_ADVICE),
    "events": (_event, _EVENT_ADVICE),
    "problems.json": (_problems, _PROBLEM_ADVICE),
}
