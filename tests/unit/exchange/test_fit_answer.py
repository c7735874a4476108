"""What a source answers fits the resource's fields, or is refused without repeating it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain import Field, Unfit, fit
from services.exchange.domain.fields import TYPES

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(TYPES)), json_values)
def test_whatever_comes_either_fits_its_type_or_is_refused(kind: str, value: Any) -> None:
    field = Field("secret", "秘密", kind)
    with suppress(Unfit):
        (fitting,) = fit([field], {"secret": value, "more": 1}).values()
        assert fitting == value
        assert not isinstance(fitting, list | dict)
        json.dumps(fitting, allow_nan=False, ensure_ascii=False).encode()


@given(st.text(min_size=1))
def test_a_refusal_does_not_repeat_the_value(value: str) -> None:
    with pytest.raises(Unfit) as refused:
        fit([Field("secret", "秘密", "boolean")], {"secret": value})
    assert str(refused.value) == "secret is not of the type boolean"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "汉族", 1),
        ("string", "", "\ud800"),
        ("integer", 2**53 - 1, 2**53),
        ("integer", -1, True),
        ("number", 1.5, float("inf")),
        ("boolean", False, 0),
        ("date", "2026-02-28", "2026-02-30"),
        ("date", "2024-02-29", "20240229"),
    ],
)
def test_each_type_takes_its_own_and_nothing_else(kind: str, good: Any, bad: Any) -> None:
    field = Field("one", "一", kind)
    assert fit([field], {"one": good}) == {"one": good}
    with pytest.raises(Unfit, match=f"one is not of the type {kind}"):
        fit([field], {"one": bad})


def test_a_text_is_no_longer_than_its_field_says() -> None:
    field = Field("one", "一", "string", max_length=3)
    assert fit([field], {"one": "一二三"}) == {"one": "一二三"}
    with pytest.raises(Unfit, match="longer than 3"):
        fit([field], {"one": "一二三四"})
