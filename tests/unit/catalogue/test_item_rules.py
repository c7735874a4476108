"""The rules for one item."""

from typing import Any

import pytest

from services.catalogue.domain import flaws, status_of

LISTED = {
    "name": "社会保障卡申领",
    "local_code": "512B0070200003-511602000000-000-1-00",
    "region": "511602000000",
    "department_name": "区人社局",
}
APPLIABLE: dict[str, Any] = {
    "name": "出生登记",
    "code": "11990102MB2906957H4000709001001",
    "base_code": "000709001001",
    "department": "11990102MB2906957H",
    "region": "990102000000",
    "item_type": "07",
    "audience": ["1"],
    "themes": ["person:010"],
    "promise_days": 3,
    "statutory_days": 10,
    "online_depth": 4,
    "visits": 0,
    "project_type": "2",
    "materials": [],
    "guide": {
        "conditions": ["在本地落户"],
        "flow": [{"step": "受理"}],
        "basis": [{"law": "户口登记条例"}],
    },
}


def fields(item: dict[str, Any]) -> list[str]:
    return [flaw.field for flaw in flaws(item)]


def test_a_sound_item_has_no_flaw() -> None:
    assert flaws(APPLIABLE) == []
    assert status_of(APPLIABLE) == "published"


def test_an_item_without_a_guide_is_listed_and_needs_little() -> None:
    assert flaws(LISTED) == []
    assert status_of(LISTED) == "listed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 1001}, "name"),
        ({"code": "123"}, "code"),
        ({"code": "1" * 65}, "code"),
        ({"base_code": "0007"}, "base_code"),
        ({"region": "9901"}, "region"),
        ({"department": ""}, "department"),
        ({"item_type": "02"}, "item_type"),
        ({"audience": ["9"]}, "audience"),
        ({"themes": ["person:080"]}, "themes"),
        ({"promise_days": 11}, "promise_days"),
        ({"promise_days": -1}, "promise_days"),
        ({"project_type": "1", "promise_days": 3}, "project_type"),
        ({"visits": 1, "online_depth": 3}, "visits_reason"),
        ({"visits": 1, "visits_reason": "验原件"}, "online_depth"),
        ({"fee": {"charged": True}}, "fee"),
        ({"real_name_level": 5}, "real_name_level"),
        ({"promise_days": None}, "promise_days"),
        ({"guide": {"conditions": ["x"], "flow": [{}]}}, "guide/basis"),
    ],
)
def test_each_broken_rule_is_told_by_its_field(change: dict[str, Any], field: str) -> None:
    assert field in fields(APPLIABLE | change)


def test_all_flaws_are_told_at_once() -> None:
    assert {"name", "region", "promise_days"} <= set(
        fields(APPLIABLE | {"name": "", "region": "x", "promise_days": 99})
    )
