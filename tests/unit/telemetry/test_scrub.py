from typing import Any

import pytest

from shared.telemetry.scrub import mask, scrub


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("身份证99010219900307123X。", "身份证[identity number]。"),
        ("id=990102199003071234", "id=[identity number]"),
        ("old 990102900307123", "old [identity number]"),
        ("电话13800138000，急", "电话[phone]，急"),
        ("+86 138 0013 8000", "[phone]"),
        ("138-0013-8000", "[phone]"),
        ("+8613800138000", "[phone]"),
        ("卡号6222020200112233445", "卡号[account]"),
        ("两个13800138000和13900139000", "两个[phone]和[phone]"),
    ],
)
def test_personal_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "990102000000202611210010001234",  # a case number
        "990102000000",  # a region
        "11990102MB0000000X",  # a department
        "psn_0190a1b213800138000cdef",
        "0af7651916cd43dd8448eb211c80319c",
        "2026-11-21T12:00:00.000+00:00",
        "1795297722000",
        "990102199013071234",  # no thirteenth month
        "12800138000",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("event", "clean"),
    [
        ({"event": "x", "n": 5, "ok": True}, {"event": "x", "n": 5, "ok": True}),
        ({"phone_number": 13800138000}, {"phone_number": "[phone]", "scrubbed": True}),
        ({"a": {"b": ["13800138000"]}}, {"a": {"b": ["[phone]"]}, "scrubbed": True}),
        ({"a": {"13800138000": 1}}, {"a": {"[phone]": 1}, "scrubbed": True}),
        ({"a": (b"13800138000",)}, {"a": ["b'[phone]'"], "scrubbed": True}),
        ({"Body": {"x": 1}}, {"Body": "[refused]", "scrubbed": True}),
        ({"a": {"name": "张三"}}, {"a": {"name": "[refused]"}, "scrubbed": True}),
        ({"token": "t"}, {"token": "[refused]", "scrubbed": True}),
    ],
)
def test_events_are_scrubbed_to_their_depth(event: dict[str, Any], clean: dict[str, Any]) -> None:
    assert scrub(None, "info", event) == clean


def test_nesting_without_end_is_cut() -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    assert "[too deep]" in str(scrub(None, "info", {"event": endless}))
