"""What a form says to those who fill it in."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.cases.commands.forms import check_form
from services.cases.domain.item import PinnedItem
from shared.web import InvalidFields

SCHEMA = {
    "type": "object",
    "required": ["shop", "phone"],
    "properties": {
        "shop": {"type": "string", "title": "店名", "x-title-en": "Shop name", "maxLength": 5},
        "phone": {
            "type": "string",
            "title": "电话",
            "pattern": "^1[0-9]{10}$",
            "x-error": "请填写 11 位手机号。",
        },
        "opened": {"type": "string", "format": "date", "title": "开业日期"},
        "seats": {"type": "integer", "title": "座位数"},
        "menu": {"type": "array", "items": {"type": "string", "maxLength": 3}, "title": "菜单"},
    },
    "allOf": [
        {
            "if": {
                "properties": {"seats": {"type": "integer", "minimum": 50}},
                "required": ["seats"],
            },
            "then": {"required": ["menu"]},
        }
    ],
}
GOOD = {"shop": "小馆", "phone": "13800000000"}


@pytest.fixture
def item() -> PinnedItem:
    return PinnedItem("C", 1, {"name": "n", "form": SCHEMA})


def errors(item: PinnedItem, form: dict[str, Any], **how: Any) -> dict[str, str]:
    with pytest.raises(InvalidFields) as refusal:
        check_form(item, form, **how)
    return {one["pointer"]: one["detail"] for one in refusal.value.extensions["errors"]}


def test_a_good_form_passes(item: PinnedItem) -> None:
    check_form(item, GOOD)
    check_form(item, {**GOOD, "opened": "2026-03-01", "seats": 80, "menu": ["面"]})


def test_every_missing_field_is_named(item: PinnedItem) -> None:
    assert errors(item, {}) == {"/form/shop": "请填写店名。", "/form/phone": "请填写电话。"}


def test_a_field_says_what_its_author_wrote(item: PinnedItem) -> None:
    assert errors(item, {**GOOD, "phone": "12"}) == {"/form/phone": "请填写 11 位手机号。"}


def test_messages_come_in_english_too(item: PinnedItem) -> None:
    told = errors(item, {**GOOD, "shop": "far too long"}, language="en")
    assert told == {"/form/shop": "Shop name has 5 characters at most."}


@pytest.mark.parametrize(
    ("field", "value"), [("opened", "2026-02-30"), ("seats", "many"), ("seats", True)]
)
def test_wrong_dates_and_types_are_refused(item: PinnedItem, field: str, value: Any) -> None:
    assert list(errors(item, {**GOOD, field: value})) == [f"/form/{field}"]


def test_an_entry_of_a_list_is_pointed_at(item: PinnedItem) -> None:
    assert list(errors(item, {**GOOD, "menu": ["面", "牛肉拉面"]})) == ["/form/menu/1"]


def test_what_depends_on_another_answer_is_asked_for(item: PinnedItem) -> None:
    assert errors(item, {**GOOD, "seats": 80}) == {"/form/menu": "请填写菜单。"}


def test_fields_that_the_form_does_not_have_are_refused(item: PinnedItem) -> None:
    assert list(errors(item, {**GOOD, "a/b": 1})) == ["/form/a~1b"]
    assert list(errors(item, {"status": "accepted"}, draft=True)) == ["/form/status"]


def test_a_draft_may_be_unfinished(item: PinnedItem) -> None:
    check_form(item, {}, draft=True)
    check_form(item, {"phone": "138", "seats": 80}, draft=True)


@pytest.mark.parametrize("form", [{"shop": 7}, {"shop": "far too long"}, {"menu": "面"}])
def test_a_draft_is_of_the_right_kind_and_bounded(item: PinnedItem, form: dict[str, Any]) -> None:
    assert len(errors(item, form, draft=True)) == 1


def test_what_we_still_fill_in_is_not_asked_for(item: PinnedItem) -> None:
    check_form(item, {"shop": "小馆", "phone": "138****0000"}, exempt={"phone"})
    check_form(item, {"shop": "小馆"}, exempt={"phone"})
    assert list(errors(item, {}, exempt={"phone"})) == ["/form/shop"]


def test_an_item_without_a_form_takes_an_empty_one() -> None:
    item = PinnedItem("C", 1, {"name": "n", "form": None})
    check_form(item, {})
    assert list(errors(item, {"x": 1})) == ["/form/x"]


BRANCHING = {
    "type": "object",
    "required": ["live"],
    "unevaluatedProperties": False,
    "properties": {"live": {"type": "string", "enum": ["own", "rent"], "title": "住房"}},
    "allOf": [
        {
            "if": {"properties": {"live": {"const": "rent"}}, "required": ["live"]},
            "then": {
                "required": ["rent"],
                "properties": {
                    "rent": {"type": "integer", "title": "月租金", "x-title-en": "Monthly rent"}
                },
            },
        }
    ],
}


def test_the_fields_of_a_branch_are_asked_when_it_is_taken() -> None:
    item = PinnedItem("C", 1, {"name": "n", "form": BRANCHING})
    check_form(item, {"live": "own"})
    check_form(item, {"live": "rent", "rent": 2000})
    assert errors(item, {"live": "rent"}) == {"/form/rent": "请填写月租金。"}
    assert list(errors(item, {"live": "rent", "rent": "2"})) == ["/form/rent"]


def test_what_another_answer_would_ask_for_is_not_sent_but_kept_in_a_draft() -> None:
    item = PinnedItem("C", 1, {"name": "n", "form": BRANCHING})
    assert errors(item, {"live": "own", "rent": 2000}) == {"/form/rent": "表单里没有这一项。"}
    check_form(item, {"live": "own", "rent": 2000}, draft=True)
    assert list(errors(item, {"live": "own", "other": 1}, draft=True)) == ["/form/other"]


@pytest.mark.parametrize(
    "file", sorted(Path("deploy/demo/catalogue").glob("*.json")), ids=lambda file: file.stem
)
def test_every_form_of_the_demo_says_what_is_missing(file: Path) -> None:
    for text in json.loads(file.read_text("utf-8")).get("items", []):
        if not text.get("form"):
            continue
        item = PinnedItem(text["code"], 1, text)
        told = errors(item, {})
        assert told.keys() == {f"/form/{name}" for name in text["form"].get("required", [])}
        assert all("请填写" in words for words in told.values())
        check_form(item, {}, draft=True)
