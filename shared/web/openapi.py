"""The OpenAPI document says what a service really answers: problems, keys and versions included."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from shared.web.problems import MEDIA_TYPE

Json = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")
_SECURED = (401, 403)
_MEANINGS = {
    400: "the request cannot be read",
    401: "no valid token",
    403: "not allowed with this token",
    404: "there is no such thing, or the caller may not know of it",
    409: "the present state does not allow it, or a twin of the request is being handled",
    413: "the body is larger than this service reads",
    422: "fields need mending, or the idempotency key was used for another body",
    503: "something that is needed is away: wait as Retry-After says, then use the same key",
}
_PROBLEM: Json = {
    "type": "object",
    "description": "Problem details (RFC 9457); every type stands in contracts/problems.json.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "<base>/problems/<slug>"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace": {
            "type": "string",
            "maxLength": 8,
            "description": "a short code to report the error by",
        },
        "remedy": {"type": "string", "description": "what the caller can do"},
        "errors": {
            "type": "array",
            "description": "each wrong field",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer of the field"},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": ["type", "title", "status"],
}
_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "one effect per key: a retry with the same key gets the first answer (7 days)",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[ -~]+$"},
}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the ETag that the caller saw; 412 when it has changed since",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
}


class Api(FastAPI):
    """A FastAPI app whose document is complete; operation ids are the handlers' names."""

    def openapi(self) -> Json:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema


def complete(document: Json) -> Json:
    """Add to FastAPI's document what the mechanisms of every service do.

    A POST that changes nothing (a query) says so by `openapi_extra={"x-safe": True}`.
    """
    for path, method, operation in operations(document):
        _summarise(operation)
        responses = operation["responses"]
        for status in _expected(path, method, operation):
            responses.setdefault(str(status), {"description": _MEANINGS[status]})
        for status, response in responses.items():
            if _is_problem(status, response):
                response["content"] = {
                    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
        operation["responses"] = dict(sorted(responses.items()))
        _add_headers(method, operation)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FASTAPI_ERRORS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation with its path and method."""
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _summarise(operation: Json) -> None:
    first, _, rest = operation.get("description", "").partition("\n")
    if first:
        operation["summary"] = first.removesuffix(".")
        operation.pop("description")
    if rest.strip():
        operation["description"] = rest.strip()


def _expected(path: str, method: str, operation: Json) -> Iterator[int]:
    if operation.get("security"):
        yield from _SECURED
    if operation.get("parameters") or "requestBody" in operation:
        yield from (400, 422)
    if "requestBody" in operation:
        yield 413
    if "{" in path:
        yield 404
    if _changes(method, operation):
        yield from (400, 409, 422)
    yield 503


def _is_problem(status: str, response: Json) -> bool:
    content = response.get("content", {})
    ours = MEDIA_TYPE in content or any(
        "HTTPValidationError" in str(one) for one in content.values()
    )
    return status[0] in "45" and (ours or not content)


def _changes(method: str, operation: Json) -> bool:
    return method == "post" and bool(operation.get("security")) and not operation.get("x-safe")


def _add_headers(method: str, operation: Json) -> None:
    wanted = [_IDEMPOTENCY_KEY] if _changes(method, operation) else []
    if "412" in operation["responses"]:
        wanted.append(_IF_MATCH)
    given = operation.get("parameters", [])
    names = {one.get("name", "").lower() for one in given}
    added = [dict(one) for one in wanted if one["name"].lower() not in names]
    if given or added:
        operation["parameters"] = given + added
