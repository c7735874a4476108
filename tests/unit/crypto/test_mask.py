import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import mask


@pytest.mark.parametrize(
    ("value", "start", "end", "shown"),
    [
        ("450102199001011234", 6, 4, "450102********1234"),
        ("13800001234", 3, 4, "138****1234"),
        ("张三", 1, 0, "张*"),
        ("张", 1, 0, "*"),
        ("1234567", 3, 4, "*******"),
        ("", 3, 4, ""),
    ],
)
def test_the_middle_is_covered(value: str, start: int, end: int, shown: str) -> None:
    assert mask(value, start, end) == shown


@given(st.text(alphabet="0123456789", min_size=1), st.integers(0, 20), st.integers(0, 20))
def test_a_value_is_never_shown_whole(value: str, start: int, end: int) -> None:
    shown = mask(value, start, end)
    assert len(shown) == len(value)
    assert "*" in shown


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        mask("123", -1, 0)
