"""An item whose fields are of the wrong kind is told so, before any rule relies on them."""

from typing import Any

import pytest

from services.catalogue.domain import flaws

SOUND: dict[str, Any] = {"local_code": "A1", "name": "馆", "region": "990102000000"} | {
    "department_name": "局"
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("guide", "见附件"),
        ("fee", ["x"]),
        ("audience", 5),
        ("audience", [["1"]]),
        ("themes", [{}]),
        ("keywords", "馆"),
        ("materials", ["平面图"]),
        ("promise_days", "ten"),
        ("visits", True),
        ("department", ["x"]),
        ("effective", "2026-02-30"),
        ("effective", "20260201"),
        ("summary", "a\x00b"),
        ("result", {"name": ["a\x07"]}),
        ("result", {"\ud800": "a"}),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    (flaw,) = flaws(SOUND | {field: value})
    assert flaw.field == field


def test_a_sound_listed_item_has_no_flaw() -> None:
    assert flaws(SOUND | {"summary": None, "keywords": [], "effective": "2026-02-28"}) == []
