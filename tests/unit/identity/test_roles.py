"""Roles that exclude each other, and what may be changed of them."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.errors import RuleBroken
from services.identity.domain.roles import (
    ADMINISTRATORS,
    DELIVERED,
    GRANTABLE,
    Role,
    changed_role,
    check_together,
    conflict_in,
    in_conflict,
    opened,
)

codes = st.sampled_from(sorted(DELIVERED))


@pytest.mark.parametrize("pair", list(combinations(sorted(ADMINISTRATORS), 2)))
def test_nobody_holds_two_of_the_three(pair: tuple[str, str]) -> None:
    with pytest.raises(RuleBroken, match="Separation of duties"):
        check_together(pair)


@given(codes, codes)
def test_a_conflict_is_one_from_both_sides(one: str, other: str) -> None:
    assert in_conflict(one, other) == in_conflict(other, one)
    assert not in_conflict(one, one)


@given(st.frozensets(codes, max_size=6))
def test_a_set_is_allowed_just_when_each_of_its_pairs_is(held: frozenset[str]) -> None:
    bad = [pair for pair in combinations(sorted(held), 2) if in_conflict(*pair)]
    assert (conflict_in(held) is not None) == bool(bad)
    assert len(held & ADMINISTRATORS) < 2 or bad


@given(st.frozensets(codes, max_size=6), codes)
def test_less_is_never_in_conflict_when_more_is_not(held: frozenset[str], lost: str) -> None:
    if conflict_in(held) is None:
        assert conflict_in(held - {lost}) is None
        assert opened(held - {lost}) <= opened(held)


@given(st.frozensets(codes), st.frozensets(st.sampled_from(sorted(GRANTABLE))), st.booleans())
def test_no_change_of_a_role_undoes_what_was_delivered_as_separate(
    conflicts: frozenset[str], scopes: frozenset[str], passes: bool
) -> None:
    for delivered in DELIVERED.values():
        wanted = replace(delivered, conflicts=conflicts, scopes=scopes, passes=passes)
        try:
            kept = changed_role(wanted, DELIVERED)
        except RuleBroken:
            continue
        roles = {**DELIVERED, kept.code: kept}
        assert kept.conflicts >= delivered.conflicts
        assert all(in_conflict(*pair, roles) for pair in combinations(ADMINISTRATORS, 2))
        assert "ops.manage" not in kept.scopes or kept.code == "system_administrator"


def _new(**changes: object) -> Role:
    role = Role(code="reception", zh="导办", en="Reception", scopes=frozenset({"cases.read"}))
    return replace(role, **changes)  # type: ignore[arg-type]


def test_a_new_role_opens_what_an_office_may_have() -> None:
    assert changed_role(_new(), DELIVERED).scopes == {"cases.read"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "Reception"},
        {"code": "r"},
        {"zh": " "},
        {"en": "x" * 61},
        {"scopes": frozenset({"ops.manage"})},
        {"scopes": frozenset({"identity.manage"})},
        {"scopes": frozenset({"cases.apply"})},
        {"scopes": frozenset({"everything"})},
        {"conflicts": frozenset({"king"})},
        {"conflicts": frozenset({"reception"})},
    ],
)
def test_what_no_role_is_like_is_refused(changes: dict[str, object]) -> None:
    roles = {**DELIVERED, "reception": _new()}
    with pytest.raises(RuleBroken):
        changed_role(_new(**changes), roles)
