"""Who may name an agent, for how long, and who may end it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.delegations import (
    Delegation,
    Principal,
    grant,
    may_accept,
    may_revoke,
)
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.family import birthday, guardianship

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ZONE = "Asia/Shanghai"
ORG = Principal("org", "org_1")


def _by_law(**changes: Any) -> Delegation:
    made: dict[str, Any] = {
        "id": "dlg_1",
        "basis": "legal_representative",
        "principal": ORG,
        "agent": "psn_owner",
        "items": None,
        "valid_from": NOW,
        "valid_until": None,
        "accepted_at": NOW,
    }
    return Delegation(**(made | changes))


BY_LAW = _by_law()


def _granted(**changes: Any) -> Delegation:
    wish: dict[str, Any] = {
        "id_": "dlg_2",
        "granter": BY_LAW,
        "agent": "psn_agent",
        "items": ["A"],
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=30),
        "now": NOW,
    }
    return grant(**(wish | changes))


def _accepted(**changes: Any) -> Delegation:
    return replace(_granted(**changes), accepted_at=NOW)


def test_the_legal_representative_names_an_agent_who_accepts() -> None:
    offered = _granted()
    assert offered.basis == "agent"
    assert offered.items == frozenset({"A"})
    assert not offered.active(NOW)
    may_accept(offered, "psn_agent", NOW)
    given = _accepted()
    assert given.active(NOW)
    assert not given.active(NOW + timedelta(days=30))
    assert not given.active(NOW - timedelta(seconds=1))


def test_only_the_agent_accepts_and_only_while_the_offer_stands() -> None:
    with pytest.raises(NotAllowed):
        may_accept(_granted(), "psn_other", NOW)
    with pytest.raises(NotAllowed):
        may_accept(_granted(), "psn_agent", NOW + timedelta(days=31))


def test_an_agent_who_may_not_names_no_agent() -> None:
    for granter in (None, _accepted(), _granted(may_delegate=True)):
        with pytest.raises(NotAllowed):
            _granted(granter=granter, agent="psn_third")


def test_an_agent_who_may_gives_on_a_part_and_nobody_gives_it_on_again() -> None:
    agent = _accepted(may_delegate=True, items=["A", "B"])
    below = _granted(granter=agent, agent="psn_third", items=["B"], may_delegate=True)
    assert below.under == agent.id
    assert not below.may_delegate
    with pytest.raises(NotAllowed):
        _granted(granter=replace(below, accepted_at=NOW), agent="psn_fourth", items=["B"])


ITEMS = st.none() | st.sets(st.sampled_from("ABCDEF"), min_size=1)
DAYS = st.integers(1, 900)


@given(mine=ITEMS, wanted=ITEMS, until=DAYS, asked=DAYS, start=st.integers(-5, 5))
def test_nobody_ever_grants_more_than_he_has(
    mine: set[str] | None, wanted: set[str] | None, until: int, asked: int, start: int
) -> None:
    granter = _accepted(may_delegate=True, items=mine, valid_until=NOW + timedelta(days=until))
    begins = NOW + timedelta(days=start)
    try:
        below = _granted(
            granter=granter,
            agent="psn_third",
            items=wanted,
            valid_from=begins,
            valid_until=NOW + timedelta(days=asked),
        )
    except (NotAllowed, Invalid):
        within = mine is None or (wanted is not None and wanted <= mine)
        assert not (within and max(start, 0) < asked <= until and start >= 0)
        return
    assert granter.valid_until is not None
    assert below.valid_until is not None
    assert below.valid_until <= granter.valid_until
    assert below.valid_from >= granter.valid_from
    assert granter.items is None or (below.items is not None and below.items <= granter.items)
    for day in range(-5, 1000, 7):
        moment = NOW + timedelta(days=day)
        assert not replace(below, accepted_at=NOW).active(moment) or granter.active(moment)


@given(birth=st.dates(date(2012, 11, 23), date(2026, 11, 21)))
def test_a_guardian_acts_until_the_fourteenth_birthday_and_no_longer(birth: date) -> None:
    held = guardianship(
        id_="dlg_3", child="psn_child", birth=birth, guardian="psn_father", now=NOW, zone=ZONE
    )
    ends = datetime.combine(birthday(birth, 14), time.min, ZoneInfo(ZONE))
    assert held.active(ends - timedelta(seconds=1))
    assert not held.active(ends)
    assert held.principal == Principal("person", "psn_child")


def test_nobody_is_guardian_of_who_is_fourteen() -> None:
    for birth in (date(2012, 11, 21), date(1944, 5, 9)):
        with pytest.raises(NotAllowed):
            guardianship(
                id_="dlg_3", child="psn_c", birth=birth, guardian="psn_f", now=NOW, zone=ZONE
            )


def test_a_guardian_is_not_dismissed_by_a_click() -> None:
    held = guardianship(
        id_="d", child="psn_c", birth=date(2020, 2, 29), guardian="psn_f", now=NOW, zone=ZONE
    )
    assert birthday(date(2020, 2, 29), 14) == date(2034, 3, 1)
    for who in ("psn_f", "psn_c"):
        with pytest.raises(NotAllowed):
            may_revoke(held, who, represents=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"agent": "psn_owner"},
        {"valid_until": NOW},
        {"valid_until": NOW - timedelta(days=1)},
        {"valid_from": NOW + timedelta(days=31)},
        {"valid_until": NOW + timedelta(days=2000)},
        {"items": []},
        {"items": ["A"] * 300},
    ],
)
def test_a_wrong_wish_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        _granted(**changes)


def test_granter_and_agent_may_end_it_and_nobody_else() -> None:
    given = _granted()
    may_revoke(given, "psn_owner", represents=True)
    may_revoke(given, "psn_agent", represents=False)
    with pytest.raises(NotAllowed):
        may_revoke(given, "psn_other", represents=False)
    with pytest.raises(NotAllowed):
        may_revoke(BY_LAW, "psn_owner", represents=True)
