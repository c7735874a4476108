"""Codes of regions and bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from services.catalogue.domain import full_region, is_department_code


@pytest.mark.parametrize("code", ["510000", "511602001", "511602000000"])
def test_a_region_of_six_nine_or_twelve_digits_becomes_twelve(code: str) -> None:
    assert full_region(code) == code.ljust(12, "0")


@pytest.mark.parametrize("code", ["", "51", "51160200000", "5116020000000", "51160２", "51x602"])
def test_anything_else_is_no_region(code: str) -> None:
    with pytest.raises(ValueError, match="6, 9 or 12 digits"):
        full_region(code)


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ", min_size=16, max_size=19))
def test_a_department_code_holds_just_when_another_library_says_so(code: str) -> None:
    well_formed = uscc.is_valid(code)
    assert is_department_code(code) is well_formed or code[:2].isalpha()


def test_each_wrong_character_of_a_department_code_is_found() -> None:
    code = "11370800MB28559184"
    assert is_department_code(code)
    for place in range(18):
        other = "7" if code[place] != "7" else "8"
        assert not is_department_code(code[:place] + other + code[place + 1 :])
