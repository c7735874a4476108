"""What no client of good will sends is refused by a 4xx on both databases, never by a 500."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.contracts.files import FOLDER
from shared.ids import uuid7
from shared.web.openapi import operations
from tests.support.databases import administer
from tests.support.platform import ITEM, SERVICES, Platform, platform

DEEP = 100_000
MISTAKE = 500
HOSTILE: dict[str, bytes] = {
    "no JSON": b"{",
    "not UTF-8": b'{"item": "\xff\xfe"}',
    "null": b"null",
    "a list": b"[]",
    "a number": b"1e400",
    "not a number": b"NaN",
    "nested too deep": b"[" * DEEP + b"]" * DEEP,
    "objects nested too deep": b'{"form":' * DEEP + b"1" + b"}" * DEEP,
    "an endless number": b'{"version": ' + b"9" * 10_000 + b"}",
}
# What a database or an encoder may choke on, put in place of each text of a sound body.
POISON = ("\x00", "\ud800", "a/../b?c#d")


def _bodies() -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        document = json.loads((FOLDER / f"openapi/{service}.json").read_text("utf-8"))
        for path, method, operation in operations(document):
            if "requestBody" in operation:
                yield service, path, method


BODIES = list(_bodies())
SOUND: dict[str, Any] = {
    "/v1/cases": {"item": ITEM, "status": "draft", "form": {"shop": "馆", "more": ["馆"]}},
    "/v1/cases/{number}/form": {"form": {"shop": "馆", "more": {"馆": "馆"}}},
    "/v1/cases/{number}/correct": {"form": {"shop": "馆"}, "note": "好"},
    "/v1/cases/{number}/withdraw": {"reasons": "不办了"},
    "/v1/cases/{number}/request-correction": {"fields": ["shop"], "reasons": "看不清"},
    "/v1/items": {
        "code": "A1",
        "name": "馆",
        "region": "990102000000",
        "department": "11990102MB2824177L",
        "department_name": "局",
        "summary": "馆",
        "keywords": ["馆"],
        "themes": ["person:010"],
        "audience": ["1"],
        "link": "馆",
    },
    "/v1/resources/{code}/query": {"key": {"person": "psn_1"}, "purpose": "prefill"},
    "/v1/people": {"login_name": "xiaolan", "phone": "13800000000", "password": "long enough 1"},
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    databases = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        databases = {name: f"{server}/{name}_{uuid7().replace('-', '')}" for name in SERVICES}
        for url in databases.values():
            statement = f'CREATE DATABASE "{url.rpartition("/")[2]}"'
            asyncio.run(administer(server, statement))
    with platform(tmp_path_factory.mktemp("platform"), databases) as started:
        yield started


@pytest.mark.parametrize(("service", "path", "method"), BODIES)
def test_a_hostile_body_is_refused_politely(
    service: str, path: str, method: str, running: Platform
) -> None:
    with httpx.Client(base_url=running.urls[service], timeout=30) as client:
        for kind, body in HOSTILE.items():
            answer = _send(client, running, method, path, body)
            assert 400 <= answer.status_code < 500, (kind, answer.text)
            assert answer.headers["content-type"] == "application/problem+json", kind


@pytest.mark.parametrize("path", SOUND)
def test_poisoned_text_never_ends_in_a_mistake_of_ours(path: str, running: Platform) -> None:
    service, method = next((s, m) for s, p, m in BODIES if p == path)
    with httpx.Client(base_url=running.urls[service], timeout=30) as client:
        poisoned = [body for poison in POISON for body in _poisoned(SOUND[path], poison)]
        for body in (*poisoned, *_misshapen(SOUND[path])):
            answer = _send(client, running, method, path, json.dumps(body).encode())
            assert answer.status_code != MISTAKE, body


@pytest.mark.parametrize("service", SERVICES)
def test_poisoned_addresses_never_end_in_a_mistake_of_ours(service: str, running: Platform) -> None:
    document = json.loads((FOLDER / f"openapi/{service}.json").read_text("utf-8"))
    with httpx.Client(base_url=running.urls[service], timeout=30) as client:
        for path, method, operation in operations(document):
            texts = [one for one in operation.get("parameters", []) if one["in"] == "query"]
            for poison in ("%00", "%ED%A0%80", "1" * 5000):
                filled = path if "{" not in path else path.split("{")[0] + poison
                query = "&".join(f"{one['name']}={poison}" for one in texts)
                for address in (filled, f"{path.replace('{', '').replace('}', '')}?{query}"):
                    answer = _send(client, running, method, address, b"{}")
                    assert answer.status_code != MISTAKE, (method, address)


def _send(
    client: httpx.Client, running: Platform, method: str, path: str, body: bytes
) -> httpx.Response:
    person = "apply" in path or path.startswith("/v1/cases")
    token = running.citizen() if person else running.officer()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if "{number}" in path:
        path = path.replace("{number}", _case(running))
    for name, value in (("{code}", "population.household"), ("{", "x"), ("}", "")):
        path = path.replace(name, value)
    return client.request(method.upper(), path, content=body, headers=headers)


def _case(running: Platform) -> str:
    return str(
        running.call(
            "POST", "cases", "/v1/cases", running.citizen(), json={"item": ITEM, "form": {}}
        )["number"]
    )


def _poisoned(value: Any, poison: str) -> Iterator[Any]:
    """The value with one of its texts, or of its names, replaced at a time."""
    if isinstance(value, str):
        yield poison
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            for changed in _poisoned(inner, poison):
                yield [*value[:position], changed, *value[position + 1 :]]
    elif isinstance(value, dict):
        yield value | {poison: "x"}
        for name, inner in value.items():
            yield from (value | {name: changed} for changed in _poisoned(inner, poison))


def _misshapen(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one of its fields of another kind at a time."""
    for name in body:
        yield from (body | {name: wrong} for wrong in (5, ["x"], {"x": "y"}, None))
