import re
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import clock
from shared.ids import check_character, moment_of, new_id, uuid7, uuid7_from, verify

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TEXTS = st.text(alphabet=ALPHABET, min_size=1, max_size=60)


def test_uuid7_has_version_and_variant_and_ascends() -> None:
    ids = [uuid7() for _ in range(2_000)]
    assert ids == sorted(set(ids))
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids[0]
    )


def test_a_moment_sorts_between_the_ids_before_and_after_it() -> None:
    made, now = uuid7(), clock.now()
    assert uuid7_from(now - timedelta(seconds=1)) < made < uuid7_from(now + timedelta(seconds=1))
    assert uuid7_from(clock.now()) <= uuid7()


def test_an_id_tells_when_it_was_made() -> None:
    before = clock.now() - timedelta(milliseconds=1)
    assert before <= moment_of(new_id("evd")) <= clock.now()


def test_new_id_is_the_prefix_and_a_uuid_in_hex() -> None:
    assert re.fullmatch(r"psn_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", new_id("psn"))


@pytest.mark.parametrize("prefix", ["", "P", "psn_", "人员", "a" * 9])
def test_new_id_refuses_a_prefix_that_would_blur_the_id(prefix: str) -> None:
    with pytest.raises(ValueError, match="small letters"):
        new_id(prefix)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        # An identifier of a certificate (GB/T 36904): type, issuer, serial and version, no dots.
        ("11100000000013338W011" + "11430000006122244L" + "20230000403" + "001", "U"),
        # The example of the Global Release Identifier standard.
        ("A12425GABC1234002", "M"),
    ],
)
def test_check_characters_of_published_codes(text: str, check: str) -> None:
    assert check_character(text) == check
    assert verify(text + check)


def test_check_character_agrees_with_an_independent_implementation() -> None:
    from stdnum.iso7064 import mod_37_36

    for number in range(0, 1_000_000, 997):
        text = f"{number:X}TB"
        assert check_character(text) == mod_37_36.calc_check_digit(text)


@given(TEXTS)
def test_what_was_computed_verifies(text: str) -> None:
    assert verify(text + check_character(text))


@given(TEXTS, st.data())
def test_every_single_wrong_character_is_found(text: str, data: st.DataObject) -> None:
    right = text + check_character(text)
    at = data.draw(st.integers(0, len(right) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(right[at], "")))
    assert not verify(right[:at] + other + right[at + 1 :])


def test_all_but_one_in_630_transpositions_are_found() -> None:
    # What stands before a pair matters only by the state that it leaves: 36 of them.
    before = {check_character(text): text for text in ("0" * 6 + c for c in ALPHABET)}
    assert len(before) == 36
    missed = sum(
        check_character(start + a + b) == check_character(start + b + a)
        for start in before.values()
        for a, b in combinations(ALPHABET, 2)
    )
    assert missed == 36


@pytest.mark.parametrize("text", ["", "A", "ab1", "12-4", "１２３", "12\n"])
def test_verify_says_no_to_what_is_no_code(text: str) -> None:
    assert not verify(text)


def test_a_character_outside_the_alphabet_is_named() -> None:
    with pytest.raises(ValueError, match="'a' is neither a digit nor a capital letter"):
        check_character("12a4")
