"""What a deputy gets of an office: never more than it has, nothing that must stay apart."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.deputations import LONGEST, Deputation, depute, filled_by, passed_on
from services.identity.domain.errors import RuleBroken
from services.identity.domain.roles import DELIVERED, conflict_in, in_conflict, opened
from services.identity.domain.staff import Staff

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
codes = st.sampled_from(sorted(DELIVERED))
some = st.frozensets(codes, max_size=5)


def office(person: str = "psn_1", roles: tuple[str, ...] = ("officer",), **more: object) -> Staff:
    given_: dict[str, object] = {"department": "D", "region": "990102000000", **more}
    return Staff(
        id=f"stf_{person}",
        person=person,
        positions=(),
        roles=roles,
        **given_,  # type: ignore[arg-type]
    )


def named(absent: Staff, deputy: Staff, **changes: object) -> Deputation:
    given_: dict[str, object] = {
        "id_": "dpt_1",
        "office": absent,
        "deputy": deputy,
        "deputys_roles": deputy.roles,
        "asked": None,
        "begins_at": NOW,
        "ends_at": NOW + 5 * DAY,
        "roles": DELIVERED,
        "now": NOW,
    }
    return depute(**given_ | changes)  # type: ignore[arg-type]


@given(some, some, some)
def test_nobody_passes_on_more_than_he_has(
    asked: frozenset[str], held: frozenset[str], own: frozenset[str]
) -> None:
    passed = passed_on(sorted(asked), held, own, DELIVERED)
    assert set(passed) <= asked & held
    assert opened(passed) <= opened(held)
    assert all(DELIVERED[code].passes for code in passed)
    assert not any(in_conflict(code, mine) for code in passed for mine in own)
    if conflict_in(own) is None and conflict_in(held) is None:
        assert conflict_in({*passed, *own}) is None


@given(some, some, some)
def test_what_the_office_lost_since_its_deputy_lost_as_well(
    before: frozenset[str], after: frozenset[str], own: frozenset[str]
) -> None:
    held = Deputation(
        id="dpt_1",
        office="stf_psn_1",
        deputy="stf_psn_2",
        roles=tuple(sorted(before)),
        begins_at=NOW,
        ends_at=NOW + DAY,
    )
    filled = filled_by(
        held,
        office(roles=tuple(sorted(after))),
        office("psn_2", tuple(sorted(own))),
        own,
        DELIVERED,
    )
    assert filled is None or set(filled.roles) <= before & after


def test_a_deputation_names_both_offices_and_its_time() -> None:
    made = named(office(roles=("approver",)), office("psn_2"))
    assert (made.office, made.deputy, made.roles) == ("stf_psn_1", "stf_psn_2", ("approver",))
    assert not made.active(NOW - DAY)
    assert made.active(NOW)
    assert not made.active(NOW + 5 * DAY)


def test_it_ends_with_the_office_or_the_deputys_contract() -> None:
    soon = NOW + 2 * DAY
    assert named(office(ends_at=soon), office("psn_2")).ends_at == soon
    assert named(office(), office("psn_2", ends_at=soon)).ends_at == soon


ABSENT = office(roles=("officer", "approver"))


@pytest.mark.parametrize(
    ("absent", "deputy", "changes"),
    [
        (ABSENT, ABSENT, {}),
        (ABSENT, office("psn_2", department="E"), {}),
        (ABSENT, office("psn_2"), {"ends_at": NOW}),
        (ABSENT, office("psn_2"), {"begins_at": NOW + 6 * DAY}),
        (ABSENT, office("psn_2"), {"ends_at": NOW + LONGEST + DAY}),
        (ABSENT, office("psn_2"), {"asked": ("data_officer",)}),
        (ABSENT, office("psn_2"), {"asked": ()}),
        (office(roles=("security_administrator",)), office("psn_2"), {}),
        (ABSENT, office("psn_2", ("audit_administrator",)), {}),
        (ABSENT, office("psn_2", ("inspector",)), {"asked": ("officer",)}),
    ],
)
def test_what_the_rules_do_not_allow_is_refused(
    absent: Staff, deputy: Staff, changes: dict[str, object]
) -> None:
    with pytest.raises(RuleBroken):
        named(absent, deputy, **changes)


def test_an_office_that_ends_sooner_than_was_known_ends_the_deputys_time() -> None:
    held = named(ABSENT, office("psn_2"))
    sooner = office(roles=("officer", "approver"), ends_at=NOW + DAY)
    filled = filled_by(held, sooner, office("psn_2"), ("officer",), DELIVERED)
    assert filled is not None
    assert filled.ends_at == NOW + DAY
