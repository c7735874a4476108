"""What is committed in contracts/ is what the code does, is sound, and keeps what was released."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate as validate_openapi

from deploy.contracts import files, services
from shared.events import Envelope
from shared.web.openapi import operations

FOLDER = files.FOLDER
PUBLIC = {
    "catalogue": {
        *("find_items", "read_item", "read_form", "read_version"),
        *("list_regions", "read_region", "list_departments", "read_department"),
    },
    "identity": {"register_person"},
}
PAGES_ONLY = {"portal"}
TELLS_NOTHING = {"portal", "traces"}
PERSONAL = re.compile(
    r"(^|_)(names?|phone|mobile|telephone|e?mail|address|birth(day|date)?|gender|"
    r"id_?(number|card)|account|note|text|comment|message|form|values|reasons)$"
)

OPENAPI = sorted((FOLDER / "openapi").glob("*.json"))
ASYNCAPI = sorted((FOLDER / "asyncapi").glob("*.json"))
SCHEMAS = sorted((FOLDER / "events").glob("*.schema.json"))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name.split(".json")[0])


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def example_of(schema: Path) -> Path:
    return schema.with_name(schema.name.replace(".schema.", ".example."))


@pytest.fixture(scope="module")
def made() -> files.Files:
    return files.generate()


def test_the_committed_contracts_are_those_of_the_code(made: files.Files) -> None:
    told = files.drift(made, FOLDER)
    assert not told, "run `make contracts` and commit the difference:\n" + "\n".join(told)


def test_nothing_that_was_released_is_broken(made: files.Files) -> None:
    assert (FOLDER / files.BASELINE / "problems.json").exists()
    assert not files.broken(made, FOLDER)


def test_another_machine_writes_the_same_contracts() -> None:
    elsewhere = {
        "PATH": os.environ["PATH"],
        "PUBLIC_BASE": "https://tongban.example",
        "TIMEZONE": "Europe/Amsterdam",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(services.ROOT),
        "LANG": "C",
    }
    done = subprocess.run(
        [sys.executable, "-m", "deploy.contracts", "check"],
        cwd="/",
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", services.names())
def test_every_service_has_all_its_contracts(service: str) -> None:
    assert (FOLDER / f"openapi/{service}.json").exists() == (service not in PAGES_ONLY)
    assert (FOLDER / f"asyncapi/{service}.json").exists() == (service not in TELLS_NOTHING)


@each(OPENAPI)
def test_the_openapi_document_is_valid(path: Path) -> None:
    validate_openapi(read(path))


@each(OPENAPI)
def test_each_operation_says_what_it_is_for(path: Path) -> None:
    found = [operation for _, _, operation in operations(read(path))]
    ids = [operation["operationId"] for operation in found]
    assert len(set(ids)) == len(ids)
    for operation in found:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"])
        assert len(operation["summary"].split()) > 1, operation["operationId"]
        assert operation["tags"], operation["operationId"]


@each(OPENAPI)
def test_each_operation_is_secured_unless_it_is_meant_for_all(path: Path) -> None:
    public = {
        operation["operationId"]
        for _, _, operation in operations(read(path))
        if not operation.get("security")
    }
    assert public == PUBLIC.get(path.stem, set())


@each(OPENAPI)
def test_each_operation_tells_its_problems(path: Path) -> None:
    for _, _, operation in operations(read(path)):
        problems = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        expected = {"503"} | ({"401", "403"} if operation.get("security") else set())
        assert problems.keys() >= expected, operation["operationId"]
        for status, response in problems.items():
            assert response["description"].strip(), (operation["operationId"], status)
            content = response["content"]["application/problem+json"]
            assert content["schema"]["$ref"].endswith("/Problem")


@each(OPENAPI)
def test_each_answer_has_a_schema(path: Path) -> None:
    for _, _, operation in operations(read(path)):
        for status, response in operation["responses"].items():
            if status[0] == "2" and status != "204":
                schemas = [media.get("schema") for media in response["content"].values()]
                assert all(schemas), (operation["operationId"], status)


@each(SCHEMAS)
def test_the_example_of_an_event_is_valid(path: Path) -> None:
    schema = read(path)
    Draft202012Validator.check_schema(schema)
    checked = Draft202012Validator(schema, format_checker=FormatChecker())
    checked.validate(read(example_of(path)))


@each(SCHEMAS)
def test_both_envelope_readers_understand_the_example(path: Path) -> None:
    raw = example_of(path).read_bytes()
    ours = Envelope.parse(raw)
    theirs = from_structured_event(
        HTTPMessage({"content-type": "application/cloudevents+json"}, raw)
    )
    assert theirs.get_specversion() == "1.0"
    assert theirs.get_data() == ours.data
    assert (theirs.get_id(), theirs.get_type(), theirs.get_subject(), theirs.get_time()) == (
        ours.id,
        ours.type,
        ours.subject,
        ours.time,
    )
    assert theirs.get_extension("sequence") == f"{ours.sequence:010d}"
    assert theirs.get_extension("traceparent") == ours.traceparent


@each(SCHEMAS)
def test_an_event_has_no_field_for_anything_personal(path: Path) -> None:
    schema = read(path)
    fields = set(_fields(schema["properties"]["data"])) | set(_fields(schema.get("$defs", {})))
    assert not [name for name in fields if PERSONAL.search(name)]


@each([path for path in SCHEMAS if path.name.startswith("tongban.cases.")])
def test_a_case_event_begins_with_the_case(path: Path) -> None:
    data = read(path)["properties"]["data"]
    example = read(example_of(path))
    assert next(iter(data["properties"])) == data["required"][0] == "case"
    assert list(example["data"]["case"]) == [
        *("number", "status", "version", "item", "bundle"),
        *("region", "department", "channel", "due"),
    ]
    assert example["subject"] == example["data"]["case"]["number"]


@each(ASYNCAPI)
def test_the_asyncapi_document_leads_to_every_event(path: Path) -> None:
    document = read(path)
    (channel,) = document["channels"].values()
    assert channel["address"] == f"tongban.{path.stem}"
    told = {message["name"] for message in document["components"]["messages"].values()}
    assert told == {
        one.name.removesuffix(".schema.json")
        for one in SCHEMAS
        if one.name.startswith(f"{channel['address']}.")
    }
    for reference in _references(document):
        _follow(document, path, reference)


def test_each_problem_speaks_both_languages_and_says_what_to_do() -> None:
    found = read(FOLDER / "problems.json")["problems"]
    assert len({one["slug"] for one in found}) == len(found)
    for one in found:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one["slug"])
        assert 400 <= one["status"] <= 599
        for text in (one["title"], one["remedy"]):
            assert re.search(r"[\u4e00-\u9fff]", text["zh"]), one["slug"]
            assert re.fullmatch(r"[ -~]+", text["en"]), one["slug"]
        assert one["meaning"], one["slug"]


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value.get("properties", {})
        for inner in value.values():
            yield from _fields(inner)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)


def _follow(document: Any, path: Path, reference: str) -> None:
    file, _, pointer = reference.partition("#")
    if file:
        assert (path.parent / file).is_file(), reference
        return
    for step in pointer.strip("/").split("/"):
        document = document[step]
