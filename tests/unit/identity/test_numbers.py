"""Identity numbers (GB 11643) and credit codes (GB 32100), with python-stdnum as the judge."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from services.identity.domain.errors import Invalid
from services.identity.domain.numbers import (
    birth_date,
    credit_check_character,
    credit_code,
    identity_check_character,
    identity_number,
)

TODAY = date(2026, 11, 21)
births = st.dates(date(1900, 1, 1), TODAY)
numbers = st.builds(
    lambda region, born, serial: f"{region:06d}{born:%Y%m%d}{serial:03d}",
    st.integers(100000, 999999),
    births,
    st.integers(0, 999),
)
credit_alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(numbers)
def test_the_check_character_is_that_of_mod_11_2(first17: str) -> None:
    assert identity_check_character(first17) == mod_11_2.calc_check_digit(first17)


@given(numbers, births)
def test_a_right_number_of_any_region_is_taken(first17: str, born: date) -> None:
    first17 = first17[:6] + f"{born:%Y%m%d}" + first17[14:]
    number = first17 + identity_check_character(first17)
    assert identity_number(f" {number[:6]} {number[6:].lower()} ", TODAY) == number
    assert birth_date(number) == born


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_every_wrong_digit_is_found(first17: str, place: int, by: int) -> None:
    number = first17 + identity_check_character(first17)
    wrong = str((int(number[place]) + by) % 10)
    with pytest.raises(Invalid, match="identity number"):
        identity_number(number[:place] + wrong + number[place + 1 :], TODAY)


@pytest.mark.parametrize(
    ("first17", "why"),
    [
        ("99010219960230042", "does not exist"),
        ("99010219961301042", "does not exist"),
        ("99010220261122042", "in the future"),
    ],
)
def test_the_date_of_birth_must_be_one(first17: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        identity_number(first17 + identity_check_character(first17), TODAY)


@pytest.mark.parametrize("text", ["", "1", "99010219960314042", "9901021996031404X3", "９" * 18])
def test_what_is_not_of_the_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="17 digits"):
        identity_number(text, TODAY)


@given(
    st.text(credit_alphabet, min_size=2, max_size=2),
    st.integers(0, 999999),
    st.text(credit_alphabet, min_size=9, max_size=9),
)
def test_credit_codes_agree_with_stdnum(head: str, region: int, body: str) -> None:
    first17 = f"{head}{region:06d}{body}"
    code = first17 + credit_check_character(first17)
    assert uscc.calc_check_digit(first17) == code[17]
    assert credit_code(code.lower()) == code


@pytest.mark.parametrize(
    "text", ["", "91990102MA6K21QX5I", "91990102MA6K21QX5V", "9199010AMA6K21QX5W"]
)
def test_wrong_credit_codes_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="credit code"):
        credit_code(text)
