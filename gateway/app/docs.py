"""The joint OpenAPI document as a page: our own HTML, no script, nothing from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

Json = dict[str, Any]

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'"
STYLESHEET = (Path(__file__).parent / "docs.css").read_bytes()

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_REF = "#/components/"
_DEPTH = 6

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Operation:
    """One line of the contents and one section of the page."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    security: list[str]
    parameters: list[Json]
    body: str
    answers: list[Json]


@dataclass(frozen=True)
class Service:
    """A service with its operations."""

    name: str
    title: str
    operations: list[Operation] = field(default_factory=list)


def page(document: Json, language: str) -> str:
    """The page in `language` ("zh" or "en")."""
    return _pages.get_template("docs.html").render(
        services=_services(document), unavailable=document["x-unavailable"], zh=language == "zh"
    )


def _services(document: Json) -> list[Service]:
    found = {tag["name"]: Service(tag["name"], tag["description"]) for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(document, path, method, item)
                found[item[method]["tags"][0]].operations.append(operation)
    return list(found.values())


def _operation(document: Json, path: str, method: str, item: Json) -> Operation:
    given = item[method]
    anchor = f"{method}-{path.strip('/')}".replace("/", "-").replace("{", "").replace("}", "")
    parameters = [*item.get("parameters", []), *given.get("parameters", [])]
    return Operation(
        anchor=anchor,
        method=method.upper(),
        path=path,
        summary=given.get("summary", ""),
        description=given.get("description", ""),
        security=[_requirement(one) for one in given.get("security", [])],
        parameters=[_parameter(document, one) for one in parameters],
        body=_content(document, given.get("requestBody")),
        answers=list(_answers(document, given.get("responses", {}))),
    )


def _requirement(requirement: Json) -> str:
    return " + ".join(
        f"{name} ({', '.join(scopes)})" if scopes else name for name, scopes in requirement.items()
    )


def _parameter(document: Json, given: Json) -> Json:
    parameter = _resolved(document, given)
    return {
        "name": parameter.get("name", ""),
        "place": parameter.get("in", ""),
        "required": parameter.get("required", False),
        "shape": _text(shape(document, parameter.get("schema", {}))),
        "description": parameter.get("description", ""),
    }


def _answers(document: Json, responses: Json) -> Iterator[Json]:
    for status, given in responses.items():
        response = _resolved(document, given)
        yield {
            "status": status,
            "description": response.get("description", ""),
            "shape": _content(document, response),
        }


def _content(document: Json, holder: Json | None) -> str:
    content = _resolved(document, holder or {}).get("content", {})
    return "\n\n".join(
        f"{kind}\n{_text(shape(document, media.get('schema', {})))}"
        for kind, media in content.items()
    )


def shape(document: Json, schema: Any, depth: int = _DEPTH) -> Any:
    """A schema as an example of its form: names of types where values would be."""
    if not isinstance(schema, dict):
        return "any"
    if "$ref" in schema and depth == 0:
        return schema["$ref"].rsplit("/", 1)[-1]
    schema = _resolved(document, schema)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _choice(document, choice, schema[choice], depth)
    if "properties" in schema and depth > 0:
        required = schema.get("required", [])
        return {
            name if name in required else f"{name}?": shape(document, one, depth - 1)
            for name, one in schema["properties"].items()
        }
    if schema.get("type") == "array" and depth > 0:
        return [shape(document, schema.get("items"), depth - 1)]
    return _scalar(schema)


def _choice(document: Json, choice: str, among: list[Any], depth: int) -> Any:
    shapes = [shape(document, one, max(0, depth - 1)) for one in among]
    if all(isinstance(one, str) for one in shapes):
        return (" & " if choice == "allOf" else " | ").join(shapes)
    return shapes[0] if len(shapes) == 1 else {f"({choice})": shapes}


def _scalar(schema: Json) -> str:
    if "enum" in schema:
        return " | ".join(orjson.dumps(one).decode() for one in schema["enum"])
    if "const" in schema:
        return orjson.dumps(schema["const"]).decode()
    kind = schema.get("type", "any")
    kind = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _resolved(document: Json, given: Json) -> Json:
    target = given.get("$ref")
    if not isinstance(target, str) or not target.startswith(_REF):
        return given
    section, _, name = target.removeprefix(_REF).partition("/")
    found: Json = document["components"].get(section, {}).get(name, {})
    return found


def _text(form: Any) -> str:
    return (
        form if isinstance(form, str) else orjson.dumps(form, option=orjson.OPT_INDENT_2).decode()
    )
