"""The demo's permits give each item what its form needs, and the department's system answers."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.demo.department.app import create_app
from deploy.demo.department.settings import Settings
from services.exchange.commands import PermitIn, ResourceIn
from services.exchange.domain import Field, fit

DEMO = Path(__file__).parents[3] / "deploy/demo"
DOCUMENT = json.loads((DEMO / "exchange.json").read_text("utf-8"))
RESOURCES = {r["code"]: ResourceIn.model_validate(r) for r in DOCUMENT["resources"]}
PERMITS = [PermitIn.model_validate(permit) for permit in DOCUMENT["permits"]]


def _needed() -> dict[tuple[str, str], set[str]]:
    """The fields that each item's form takes from each resource."""
    needed: dict[tuple[str, str], set[str]] = defaultdict(set)

    def walk(item: str, schema: dict[str, Any]) -> None:
        for name in schema.get("properties", {}).values():
            origin = name.get("x-prefill", {"source": "identity"})
            if origin["source"] != "identity":
                needed[item, origin["source"]].add(origin["field"])
            walk(item, name.get("items", {}))
        for branch in schema.get("allOf", []):
            walk(item, branch["then"])

    for file in DEMO.glob("catalogue/*.json"):
        for item in json.loads(file.read_text("utf-8")).get("items", []):
            walk(item["code"], item.get("form") or {})
    return needed


@pytest.mark.parametrize("consumer", ["*", "cases", "department"])
def test_each_item_gets_just_what_its_form_needs(consumer: str) -> None:
    for (item, resource), fields in _needed().items():
        who = {"department": item[:18]} if consumer == "department" else {"client": consumer}
        purpose = "prefill" if consumer == "*" else "case"
        given = [
            set(permit.fields)
            for permit in PERMITS
            if permit.resource == resource
            and permit.consumer.model_dump(exclude_none=True) == who
            and item in permit.items
            and purpose in permit.purposes
            and permit.valid_from <= date(2026, 11, 21) <= permit.valid_until
        ]
        assert given == [fields], (item, resource)


def test_the_registers_fit_their_resources() -> None:
    for code, resource in RESOURCES.items():
        file = DEMO / f"registers/{code.replace('/', '-')}.json"
        fields = [Field(**field.model_dump()) for field in resource.fields]
        for row in json.loads(file.read_text("utf-8")):
            assert fit(fields, row) == {n: value for n, value in row.items() if n != "key"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(KEYS_FOLDER=tmp_path, down_file=tmp_path / "down")


async def test_the_department_answers_who_has_its_key(settings: Settings) -> None:
    transport = httpx.ASGITransport(create_app(settings))
    key = {"X-API-Key": settings.key_file.read_text()}
    row = {"key": "990102199603140423", "fields": ["child_name", "salary"]}
    path = "/registers/health.birth/lookup"
    async with httpx.AsyncClient(transport=transport, base_url="http://department") as http:
        assert (await http.post(path, json=row)).status_code == 401
        assert (
            await http.post(path, json=row, headers={"X-API-Key": "guessed"})
        ).status_code == 401
        known = await http.post(path, json=row, headers=key)
        assert known.json()["record"] == {"child_name": "李沐禾"}
        unknown = await http.post(path, json=row | {"key": "1"}, headers=key)
        assert (unknown.status_code, unknown.json()["record"]) == (200, None)
        stray = await http.post("/registers/tax.income/lookup", json=row, headers=key)
        assert stray.status_code == 404
        assert (await http.get("/registers", headers=key)).json()["health.birth"] == 2


def test_the_key_stays_the_same_at_the_next_start(settings: Settings) -> None:
    first = create_app(settings).state.key
    assert create_app(settings).state.key == first
    assert settings.key_file.stat().st_mode & 0o077 == 0


def test_without_registers_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="DEMO_DEPARTMENT_REGISTERS"):
        create_app(Settings(KEYS_FOLDER=tmp_path, registers=tmp_path))
