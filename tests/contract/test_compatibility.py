"""A change that breaks somebody is named, with what to do; an addition passes."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.contracts.compatibility import breaks
from deploy.contracts.files import FOLDER

Json = dict[str, Any]

API: Json = {
    "paths": {
        "/v1/cases": {
            "post": {
                "operationId": "start_case",
                "security": [{"bearer": ["cases.apply"]}],
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/In"}}
                    },
                },
                "responses": {
                    "201": {
                        "description": "",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Out"}}
                        },
                    },
                    "409": {"description": ""},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "In": {
                "type": "object",
                "properties": {
                    "item": {"type": "string", "maxLength": 64},
                    "channel": {"enum": ["web", "window"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["item"],
            },
            "Out": {
                "type": "object",
                "properties": {
                    "number": {"type": "string"},
                    "status": {"enum": ["draft", "submitted"]},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Out"}},
                },
                "required": ["number"],
            },
        }
    },
}
EVENT: Json = {
    "type": "object",
    "properties": {
        "data": {
            "type": "object",
            "properties": {"case": {"$ref": "#/$defs/Case"}, "outcome": {"enum": ["granted"]}},
            "required": ["case"],
        }
    },
    "$defs": {"Case": {"type": "object", "properties": {"number": {"type": "string"}}}},
}
PROBLEMS: Json = {"problems": [{"slug": "not-found", "status": 404}]}


def changed(document: Json, change: Callable[[Json], object]) -> Json:
    copied = copy.deepcopy(document)
    change(copied)
    return copied


def operation(document: Json) -> Json:
    found: Json = document["paths"]["/v1/cases"]["post"]
    return found


def model(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


API_BREAKS: dict[str, Callable[[Json], object]] = {
    "POST /v1/cases is gone": lambda d: d["paths"].clear(),
    "operationId start_case is now begin": lambda d: operation(d).update(operationId="begin"),
    "bearer cases.apply is not enough": lambda d: operation(d).update(
        security=[{"bearer": ["cases.apply", "cases.read"]}]
    ),
    "the query parameter limit is gone": lambda d: operation(d)["parameters"].clear(),
    "the query parameter limit is now required": lambda d: operation(d)["parameters"][0].update(
        required=True
    ),
    "the header parameter Proof is new and required": lambda d: operation(d)["parameters"].append(
        {"name": "Proof", "in": "header", "required": True}
    ),
    "query parameter limit: maximum is 50": lambda d: operation(d)["parameters"][0][
        "schema"
    ].update(maximum=50),
    "request body is not taken any more": lambda d: operation(d).pop("requestBody"),
    "the request as application/json is gone": lambda d: operation(d)["requestBody"].update(
        content={"text/csv": {}}
    ),
    "the response 409 is gone": lambda d: operation(d)["responses"].pop("409"),
    "the field request.region is now required": lambda d: (
        model(d, "In")["properties"].update(region={"type": "string"}),
        model(d, "In")["required"].append("region"),
    ),
    "the field request.note is gone": lambda d: model(d, "In")["properties"].pop("note"),
    "request.item: maxLength is 20, it was 64": lambda d: model(d, "In")["properties"][
        "item"
    ].update(maxLength=20),
    "request.item: the pattern is now ^A": lambda d: model(d, "In")["properties"]["item"].update(
        pattern="^A"
    ),
    "request.channel: window not taken": lambda d: model(d, "In")["properties"]["channel"].update(
        enum=["web"]
    ),
    "request.note: null is not taken": lambda d: model(d, "In")["properties"].update(
        note={"type": "string"}
    ),
    "request: unknown fields are refused now": lambda d: model(d, "In").update(
        additionalProperties=False
    ),
    "the field response 201.number is gone": lambda d: model(d, "Out")["properties"].pop("number"),
    "response 201.number: integer was not there": lambda d: model(d, "Out")["properties"].update(
        number={"type": "integer"}
    ),
    "response 201.number: null was not there": lambda d: model(d, "Out")["properties"].update(
        number={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "the field response 201.number may now be missing": lambda d: model(d, "Out").update(
        required=[]
    ),
}
API_ADDITIONS: dict[str, Callable[[Json], object]] = {
    "a path": lambda d: d["paths"].update({"/v1/tasks": {"get": {"responses": {}}}}),
    "an optional request field": lambda d: model(d, "In")["properties"].update(
        region={"type": "string"}
    ),
    "an answer field": lambda d: (
        model(d, "Out")["properties"].update(due={"type": "string"}),
        model(d, "Out")["required"].append("due"),
    ),
    "an answer": lambda d: operation(d)["responses"].update({"410": {"description": ""}}),
    "a wider request": lambda d: model(d, "In")["properties"]["item"].update(maxLength=100),
    "a narrower answer": lambda d: model(d, "Out")["properties"].update(
        number={"type": "string", "maxLength": 30}
    ),
    "another value that is given": lambda d: model(d, "Out")["properties"]["status"].update(
        enum=["draft", "submitted", "decided"]
    ),
    "another value that is taken": lambda d: model(d, "In")["properties"]["channel"].update(
        enum=["web", "window", "kiosk"]
    ),
    "no token any more": lambda d: operation(d).pop("security"),
}
EVENT_BREAKS: dict[str, Callable[[Json], object]] = {
    "the field data.outcome is gone": lambda d: d["properties"]["data"]["properties"].pop(
        "outcome"
    ),
    "data.case.number: integer was not there": lambda d: d["$defs"]["Case"]["properties"].update(
        number={"type": "integer"}
    ),
    "the field data.late is now required": lambda d: (
        d["properties"]["data"]["properties"].update(late={"type": "boolean"}),
        d["properties"]["data"]["required"].append("late"),
    ),
    "the field data.case may now be missing": lambda d: d["properties"]["data"].update(required=[]),
    "data.outcome: granted not taken": lambda d: d["properties"]["data"]["properties"].update(
        outcome={"enum": ["yes"]}
    ),
}


PRESENT = sorted(
    path
    for pattern in ("openapi/*.json", "events/*.schema.json", "problems.json")
    for path in FOLDER.glob(pattern)
)


@pytest.mark.parametrize("path", PRESENT, ids=lambda path: path.name)
def test_what_did_not_change_breaks_nothing(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    name = str(path.relative_to(FOLDER))
    assert not list(breaks(name, document, copy.deepcopy(document)))


@pytest.mark.parametrize("what", API_BREAKS)
def test_a_broken_api_is_named(what: str) -> None:
    told = list(breaks("openapi/cases.json", API, changed(API, API_BREAKS[what])))
    assert any(what in sentence for sentence in told), told
    assert all("/v2" in sentence for sentence in told)


@pytest.mark.parametrize("what", API_ADDITIONS)
def test_an_addition_to_an_api_passes(what: str) -> None:
    assert not list(breaks("openapi/cases.json", API, changed(API, API_ADDITIONS[what])))


@pytest.mark.parametrize("what", EVENT_BREAKS)
def test_a_broken_event_is_named(what: str) -> None:
    told = list(breaks("events/x.schema.json", EVENT, changed(EVENT, EVENT_BREAKS[what])))
    assert any(what in sentence and ".v2" in sentence for sentence in told), told


def test_an_optional_field_of_an_event_and_a_new_value_pass() -> None:
    def add(document: Json) -> None:
        fields = document["properties"]["data"]["properties"]
        fields.update(late={"type": "boolean"}, outcome={"enum": ["granted", "refused"]})

    assert not list(breaks("events/x.schema.json", EVENT, changed(EVENT, add)))


def test_an_event_that_is_gone_or_renamed_is_named() -> None:
    (told,) = breaks("events/x.schema.json", EVENT, None)
    assert told.startswith("events/x.schema.json: the whole contract is gone")


def test_a_problem_keeps_its_slug_and_its_status() -> None:
    gone = {"problems": [{"slug": "lost", "status": 404}]}
    other = {"problems": [{"slug": "not-found", "status": 410}]}
    assert "not-found is gone" in next(breaks("problems.json", PROBLEMS, gone))
    assert "has the status 410, not 404" in next(breaks("problems.json", PROBLEMS, other))
    assert not list(breaks("problems.json", PROBLEMS, PROBLEMS))
