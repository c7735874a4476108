"""A form is read back as it was filled in."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.portal.pages.forms import add_row, find_errors, lay_out, parse, remove_row
from services.portal.pages.templates import Templates

CHOICES = ["甲", "乙", "丙", "丁", "戊"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "applicant"],
    "properties": {
        "kind": {"type": "string", "title": "申请类别", "enum": ["新办", "变更"]},
        "class": {"type": "string", "title": "类型", "enum": CHOICES},
        "agreed": {"type": "boolean", "title": "同意"},
        "note": {"type": "string", "title": "说明", "x-widget": "textarea", "maxLength": 200},
        "services": {
            "type": "array", "title": "服务", "items": {"type": "string", "enum": CHOICES},
        },
        "applicant": {
            "type": "object",
            "title": "申请人",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "title": "姓名"},
                "phone": {
                    "type": "string", "title": "手机号码", "pattern": "^1[0-9]{10}$",
                    "x-error": "手机号码应是11位数字",
                },
            },
        },
        "partners": {
            "type": "array",
            "title": "股东",
            "items": {
                "type": "object",
                "required": ["name", "share"],
                "properties": {
                    "name": {"type": "string", "title": "股东姓名"},
                    "share": {"type": "integer", "title": "出资比例", "minimum": 1, "maximum": 100},
                    "paid": {"type": "number", "title": "实缴"},
                },
            },
        },
    },
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "变更"}}, "required": ["kind"]},
            "then": {
                "required": ["old_no"],
                "properties": {"old_no": {"type": "string", "title": "原证照编号"}},
            },
        }
    ],
}  # fmt: skip

# Control characters cannot be typed; spaces around an answer are not part of it.
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
LINES = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
NUMBER = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
PARTNER = st.fixed_dictionaries(
    {"name": LINE, "share": st.integers(-(10**9), 10**9)}, optional={"paid": NUMBER}
)
SOME = st.lists(st.sampled_from(CHOICES), unique=True, min_size=1).map(
    lambda chosen: sorted(chosen, key=CHOICES.index)
)


def answers(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Everything that the form can hold."""
    optional = {
        "class": st.sampled_from(CHOICES),
        "note": LINES,
        "services": SOME,
        "applicant": st.fixed_dictionaries({"name": LINE}, optional={"phone": LINE}),
        "partners": st.lists(PARTNER, min_size=1, max_size=3),
    }
    if kind == "变更":
        optional["old_no"] = LINE
    needed = {"kind": st.just(kind), "agreed": st.booleans()}
    return st.fixed_dictionaries(needed, optional=optional)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.sampled_from(["新办", "变更"]).flatmap(answers))
def test_what_is_shown_is_read_back(data: dict[str, Any], fill: Callable[..., Any]) -> None:
    assert parse(SCHEMA, fill(SCHEMA, data)) == data


def test_names_that_are_not_asked_are_dropped() -> None:
    assert parse(SCHEMA, {"kind": ["新办"], "evil": ["1"], "applicant.evil": ["1"]}) == {
        "kind": "新办"
    }


def test_an_answer_in_a_closed_branch_is_dropped() -> None:
    assert "old_no" not in parse(SCHEMA, {"kind": ["新办"], "old_no": ["A1"]})
    assert parse(SCHEMA, {"kind": ["变更"], "old_no": ["A1"]})["old_no"] == "A1"


def test_a_standing_value_opens_its_branch_whatever_is_posted() -> None:
    posted = {"kind": ["新办"], "old_no": ["A1"]}
    assert parse(SCHEMA, posted, {"kind": "变更"}) == {"kind": "变更", "old_no": "A1"}


def test_a_branch_opens_on_the_page() -> None:
    names = [[one.name for one in lay_out(SCHEMA, {"kind": kind})] for kind in ("新办", "变更")]
    assert "old_no" not in names[0]
    assert "old_no" in names[1]


def test_rows_are_added_and_removed() -> None:
    data: dict[str, Any] = {"partners": [{"name": "李"}, {"name": "王"}]}
    add_row(data, "partners")
    assert data["partners"] == [{"name": "李"}, {"name": "王"}, {}]
    remove_row(data, "partners[0]")
    assert data["partners"] == [{"name": "王"}, {}]


@pytest.mark.parametrize("path", ["", "partners", "nothing[0]", "partners[9]", "a.b[0]", "[0]"])
def test_a_row_that_is_not_there_is_not_removed(path: str) -> None:
    data: dict[str, Any] = {"partners": [{"name": "李"}]}
    remove_row(data, path)
    assert data == {"partners": [{"name": "李"}]}


def test_empty_rows_are_sent_to_nobody_but_stay_while_one_fills_in() -> None:
    posted = {"partners[0].name": [""], "partners[1].name": ["王"], "partners[2].name": [""]}
    assert parse(SCHEMA, posted)["partners"] == [{"name": "王"}]
    kept = parse(SCHEMA, posted, empty_rows=True)
    assert kept["partners"] == [{}, {"name": "王"}, {}]
    remove_row(kept, "partners[0]")
    assert kept["partners"] == [{"name": "王"}, {}]


def test_the_first_added_row_is_the_second_on_the_page() -> None:
    data: dict[str, Any] = {}
    add_row(data, "partners")
    assert len(lay_out(SCHEMA, data)[-1].rows) == 2


def test_mistakes_are_told_in_plain_words(templates: Templates) -> None:
    data = {
        "kind": "变更",
        "applicant": {"name": "张", "phone": "123"},
        "partners": [{"name": "李", "share": 160}, {"name": "王", "share": "六十"}],
    }
    assert find_errors(SCHEMA, data, templates.translator("zh")) == {
        "applicant.phone": "手机号码应是11位数字",
        "partners[0].share": "出资比例不能大于 100",
        "partners[1].share": "出资比例要填数字",
        "old_no": "请填写原证照编号",
    }


def test_mistakes_are_told_in_english_too(templates: Templates) -> None:
    found = find_errors(SCHEMA, {}, templates.translator("en"))
    assert found == {"kind": "Choose 申请类别", "applicant": "Enter 申请人"}


def test_a_value_that_stands_is_not_the_persons_to_mend(templates: Templates) -> None:
    data = {"kind": "新办", "applicant": {"name": "张", "phone": "139****0001"}}
    assert find_errors(SCHEMA, data, templates.translator("zh"), {"applicant"}) == {}


def test_text_is_escaped_and_the_error_is_tied_to_its_field(
    draw: Callable[..., str], templates: Templates
) -> None:
    from services.portal.pages.forms import Look

    data = {"kind": "新办", "applicant": {"name": "<b>'\"x", "phone": "1"}}
    look = Look("zh", find_errors(SCHEMA, data, templates.translator("zh")))
    text = draw(SCHEMA, data, look)
    assert "<b>'" not in text
    assert 'aria-describedby="f-applicant-phone-e" aria-invalid="true"' in text
    assert 'id="f-applicant-phone-e"' in text
