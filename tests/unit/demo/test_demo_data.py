"""The demo's data keep the rules of the catalogue and agree with each other."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from stdnum.cn import uscc

from services.catalogue.domain.items import flaws
from services.identity.domain.numbers import birth_date, identity_number

DEMO = Path(__file__).parents[3] / "deploy" / "demo"
Record = dict[str, Any]


def _read(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


CATALOGUE = {path.stem: json.loads(path.read_text("utf-8")) for path in DEMO.glob("catalogue/*")}
REGIONS: dict[str, Record] = {r["code"]: r for r in CATALOGUE["regions"]["regions"]}
DEPARTMENTS: dict[str, Record] = {d["code"]: d for d in CATALOGUE["departments"]["departments"]}
ITEMS: list[Record] = [item for part in CATALOGUE.values() for item in part.get("items", [])]
GUIDED = [item for item in ITEMS if "guide" in item]
WITH_FORM = [item for item in GUIDED if item["form"]]
PEOPLE: Record = _read("people.json")
PERSONS: dict[str, Record] = {person["key"]: person for person in PEOPLE["people"]}
ORGANISATIONS: dict[str, Record] = {org["key"]: org for org in PEOPLE["organisations"]}
REGISTERS: dict[str, list[Record]] = {
    path.stem.replace("-", "/"): json.loads(path.read_text("utf-8"))
    for path in DEMO.glob("registers/*.json")
}
LEVELS = {"province": "2", "city": "3", "county": "4"}
IDENTITY = [
    {"org_name": org["name"], "org_code": org["code"], **person}
    for org in ORGANISATIONS.values()
    for person in PERSONS.values()
]

each_item = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["code"])
each_guided = pytest.mark.parametrize("item", GUIDED, ids=lambda item: item["code"])
each_form = pytest.mark.parametrize("item", WITH_FORM, ids=lambda item: item["code"])


def _fields(schema: Record) -> Iterator[tuple[str, Record]]:
    """All fields of a form, those of branches and rows included."""
    for name, field in schema.get("properties", {}).items():
        yield name, field
        yield from _fields(field.get("items", {}))
    for branch in schema.get("allOf", []):
        yield from _fields(branch["then"])


def test_there_are_sixty_items_of_twelve_departments_on_three_levels() -> None:
    assert len(ITEMS) >= 60
    assert len([part for part in CATALOGUE.values() if part.get("items")]) == 12
    assert {item["use_level"] for item in ITEMS} == set(LEVELS.values())


def test_codes_of_items_are_unique() -> None:
    for field in ("code", "base_code", "local_code"):
        codes = [item[field] for item in ITEMS]
        assert len(codes) == len(set(codes)), field


def test_regions_hang_together() -> None:
    for region in REGIONS.values():
        assert len(region["code"]) == 12
        assert (region["parent"] in REGIONS) or region["level"] == "province"


def test_departments_carry_valid_credit_codes_of_known_regions() -> None:
    for department in DEPARTMENTS.values():
        assert uscc.validate(department["code"]) == department["code"]
        assert department["code"][2:8] == department["region"][:6]
        assert department["region"] in REGIONS


def test_every_department_has_an_item_a_source_or_staff() -> None:
    busy = {item["department"] for item in ITEMS} | {s["department"] for s in PEOPLE["staff"]}
    sources = {
        material["exempt"]["from"]
        for item in GUIDED
        for material in item["materials"]
        if material["exempt"]
    }
    assert sources <= {department["name"] for department in DEPARTMENTS.values()}
    idle = [d["name"] for d in DEPARTMENTS.values() if d["code"] not in busy]
    assert set(idle) <= sources


@each_item
def test_an_item_passes_the_rules_of_the_catalogue(item: Record) -> None:
    assert flaws(item) == []


@each_item
def test_an_items_code_is_made_of_department_level_and_base_code(item: Record) -> None:
    department = DEPARTMENTS[item["department"]]
    level = LEVELS[REGIONS[item["region"]]["level"]]
    assert item["code"] == department["code"] + level + item["base_code"]
    assert len(item["code"]) == 31
    assert item["use_level"] == level
    assert item["region"] == department["region"]
    assert item["base_code"][2:4] == item["item_type"]


@each_item
def test_an_item_is_found_by_everyday_words(item: Record) -> None:
    assert len(set(item["keywords"])) == len(item["keywords"])
    assert 4 <= len(item["keywords"]) <= 12
    assert item["summary"].endswith("。")


@each_item
def test_visits_agree_with_their_reason(item: Record) -> None:
    assert (item["visits"] == 0) == (item["visits_reason"] == "无")


@each_item
def test_a_listed_item_links_out_and_has_no_form(item: Record) -> None:
    if "guide" not in item:
        assert item["link"].startswith("https://example.org/")
        assert not item.get("form")


@each_guided
def test_the_steps_of_a_guide_fit_the_promise(item: Record) -> None:
    assert sum(step["days"] for step in item["guide"]["flow"]) <= item["promise_days"]


@each_guided
def test_a_guide_answers_questions_and_names_remedies(item: Record) -> None:
    guide = item["guide"]
    assert 2 <= len(guide["faq"]) <= 4
    assert guide["places"]
    assert guide["consult"]
    assert guide["supervise"]
    assert guide["remedies"]


@each_guided
def test_materials_have_codes_of_their_own(item: Record) -> None:
    codes = [material["code"] for material in item["materials"]]
    assert len(codes) == len(set(codes))


@each_form
def test_a_form_is_valid_json_schema(item: Record) -> None:
    Draft202012Validator.check_schema(item["form"])
    names = {name for name, _ in _fields(item["form"])}
    assert set(item["form"]["required"]) <= names
    for _, field in _fields(item["form"]):
        assert field["title"]
        assert field["x-title-en"]


@each_form
def test_a_branch_asks_for_an_answer_that_can_be_given(item: Record) -> None:
    properties = item["form"]["properties"]
    for branch in item["form"].get("allOf", []):
        for name, condition in branch["if"]["properties"].items():
            answers = condition.get("enum", [condition.get("const")])
            assert Draft202012Validator(properties[name]).is_valid(answers[0])
            assert name in branch["if"]["required"]


@each_form
def test_what_the_registers_hold_fits_the_fields_it_fills(item: Record) -> None:
    for name, field in _fields(item["form"]):
        if prefill := field.get("x-prefill"):
            source, key = prefill["source"], prefill["field"]
            records = IDENTITY if source == "identity" else REGISTERS[source]
            validator = Draft202012Validator(field, format_checker=FormatChecker())
            for record in records:
                assert validator.is_valid(record[key]), (name, record[key])


def test_people_have_true_numbers_and_invented_phones() -> None:
    for person in PERSONS.values():
        number = identity_number(person["id_number"], date(2026, 11, 1))
        assert (int(number[16]) % 2 == 1) == (person["gender"] == "男")
        assert number[:6] in {"990102", "990121"}
        assert person["phone"].startswith("1990000")
        assert person["level"] in range(1, 5)
        assert all(other in PERSONS for other in person["acts_for"])
    for field in ("id_number", "phone", "username", "name"):
        assert len({person[field] for person in PERSONS.values()}) == len(PERSONS)


def test_the_accounts_of_the_demo_exist() -> None:
    named = {"citizen", "agent", "elder", "window", "officer", "reviewer", "inspector"}
    assert named | {"administrator"} <= set(PERSONS)
    assert len(PERSONS) >= 20


def test_organisations_and_delegations_name_known_people_and_items() -> None:
    codes = {item["code"] for item in ITEMS}
    for org in ORGANISATIONS.values():
        assert uscc.validate(org["code"]) == org["code"]
        assert org["legal_representative"] in PERSONS
    for delegation in PEOPLE["delegations"]:
        assert delegation["agent"] in PERSONS
        legal = ORGANISATIONS[delegation["organisation"]]["legal_representative"]
        assert delegation["agent"] != legal
        assert delegation["items"] == "*" or set(delegation["items"]) <= codes
        assert date.fromisoformat(delegation["until"]) > date(2026, 12, 31)


def test_staff_are_people_of_known_departments() -> None:
    for staff in PEOPLE["staff"]:
        person = PERSONS[staff["key"]]
        assert (staff["name"], staff["username"]) == (person["name"], person["username"])
        assert DEPARTMENTS[staff["department"]]["region"] == staff["region"]
        assert staff["roles"]
        assert staff["positions"]


def test_the_population_register_agrees_with_the_people() -> None:
    population = {record["key"]: record for record in REGISTERS["population/household"]}
    assert set(population) == {person["id_number"] for person in PERSONS.values()}
    for person in PERSONS.values():
        record = population[person["id_number"]]
        assert (record["name"], record["gender"]) == (person["name"], person["gender"])
        assert record["birth_date"] == birth_date(person["id_number"]).isoformat()


def test_births_are_kept_under_the_mother() -> None:
    mothers = {p["id_number"]: p["name"] for p in PERSONS.values() if p["gender"] == "女"}
    for record in REGISTERS["health/birth"]:
        assert mothers[record["key"]] == record["mother_name"]
    assert PERSONS["citizen"]["id_number"] in {r["key"] for r in REGISTERS["health/birth"]}


def test_the_market_register_agrees_with_the_organisations() -> None:
    market = {record["key"]: record for record in REGISTERS["market/enterprise"]}
    for org in ORGANISATIONS.values():
        record = market[org["code"]]
        assert (record["org_name"], record["org_code"]) == (org["name"], org["code"])
        legal = PERSONS[org["legal_representative"]]["name"]
        assert record["legal_representative"] == legal
