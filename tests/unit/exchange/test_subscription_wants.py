"""What a subscription asks for: by type, item and region."""

import pytest

from services.exchange.domain import Facts, Status, Wants, facts_of, status_of
from services.exchange.domain.subscription import lies_in

CASE = {
    "case": {
        "number": "1",
        "item": {"code": "11990102MB2906957H4000709001001", "version": 1},
        "region": "990102000000",
    }
}
SUBMITTED = "tongban.cases.case_submitted.v1"


@pytest.mark.parametrize(
    ("wants", "covered"),
    [
        (Wants(), True),
        (Wants(types=("tongban.cases.*",)), True),
        (Wants(types=(SUBMITTED,)), True),
        (Wants(types=("tongban.cases.case_submitted.v2", "tongban.catalogue.*")), False),
        (Wants(items=frozenset({"11990102MB2906957H4000709001001"})), True),
        (Wants(items=frozenset({"000709001001"})), True),
        (Wants(items=frozenset({"000709001002"})), False),
        (Wants(regions=frozenset({"990102000000"})), True),
        (Wants(regions=frozenset({"990100000000"})), True),
        (Wants(regions=frozenset({"990000000000", "110000000000"})), True),
        (Wants(regions=frozenset({"990103000000"})), False),
        (Wants((SUBMITTED,), frozenset({"000709001001"}), frozenset({"110000000000"})), False),
    ],
)
def test_an_event_is_wanted_when_every_part_agrees(wants: Wants, covered: bool) -> None:
    assert wants.cover(facts_of(SUBMITTED, CASE)) is covered


@pytest.mark.parametrize(
    ("region", "outer", "inside"),
    [
        ("990102000000", "990102000000", True),
        ("990102001002", "990102001000", True),
        ("990102001002", "990102001002", True),
        ("990102000000", "990102001000", False),
        ("990100000000", "990102000000", False),
        ("990112000000", "990110000000", False),
        (None, "990000000000", False),
    ],
)
def test_a_region_lies_in_itself_and_in_those_above(
    region: str | None, outer: str, inside: bool
) -> None:
    assert lies_in(region, outer) is inside


@pytest.mark.parametrize(
    ("event_type", "data", "facts"),
    [
        (
            "tongban.catalogue.item_published.v1",
            {"code": "X", "region": "990102000000"},
            (("X",), "990102000000"),
        ),
        (
            "tongban.catalogue.region_changed.v1",
            {"code": "990102000000", "parent": None},
            ((), "990102000000"),
        ),
        (
            "tongban.exchange.data_called.v1",
            {"case": "9901", "item": "X", "department": "D"},
            (("X",), None),
        ),
        ("tongban.exchange.permit_granted.v1", {"items": ["X", "Y"]}, (("X", "Y"), None)),
        ("tongban.identity.staff_appointed.v1", {"region": "1", "roles": []}, ((), "1")),
        ("tongban.identity.person_registered.v1", {"person": "psn_1"}, ((), None)),
    ],
)
def test_each_kind_of_event_says_what_it_is_about(
    event_type: str, data: dict[str, object], facts: tuple[tuple[str, ...], str | None]
) -> None:
    assert facts_of(event_type, data) == Facts(event_type, *facts)


def test_the_status_is_that_of_what_happened_last() -> None:
    assert status_of(None, 0) is Status.ACTIVE
    assert status_of(None, 4) is Status.ACTIVE
    assert status_of(None, 5) is Status.FAILING
    assert status_of("gone", 9) is Status.PAUSED
