"""The 30 characters of a case number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain import Channel, NumberError, case_number, check_number
from shared.ids import check_character

REGION = "990102000000"
DAY = date(2026, 3, 2)


def test_a_number_says_region_day_channel_and_serial() -> None:
    number = case_number(REGION, DAY, Channel.WINDOW, 17, check_character)
    assert number[:29] == "99010200000020260302002000017"
    assert check_number(number, check_character) == number


@given(st.integers(1, 999_999), st.integers(0, 28), st.sampled_from("0123456789"))
def test_a_mistyped_digit_is_always_noticed(serial: int, place: int, digit: str) -> None:
    number = case_number(REGION, DAY, Channel.WEB, serial, check_character)
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong == number:
        return
    with pytest.raises(NumberError):
        check_number(wrong, check_character)


@pytest.mark.parametrize("region", ["990102", "99010200000X", "٩٩٠١٠٢٠٠٠٠٠٠"])
def test_a_region_that_is_none_makes_no_number(region: str) -> None:
    with pytest.raises(NumberError, match="12 digits"):
        case_number(region, DAY, Channel.WEB, 1, check_character)


@pytest.mark.parametrize("serial", [0, 1_000_000])
def test_serials_end_after_six_digits(serial: int) -> None:
    with pytest.raises(NumberError, match="used up"):
        case_number(REGION, DAY, Channel.WEB, serial, check_character)


@pytest.mark.parametrize("text", ["", "99010200000020260302001000017", "x" * 30])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        check_number(text, check_character)
