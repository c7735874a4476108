"""Who may name an agent, for how long, and who may end it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.identity.domain.delegations import Delegation, grant, may_revoke
from services.identity.domain.errors import Invalid, NotAllowed

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BY_LAW = Delegation("dlg_1", "legal_representative", "org_1", "psn_owner", None, NOW, None)


def _granted(**changes: Any) -> Delegation:
    wish: dict[str, Any] = {
        "id_": "dlg_2",
        "granter": BY_LAW,
        "organisation": "org_1",
        "agent": "psn_agent",
        "items": ["A"],
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=30),
        "now": NOW,
    }
    return grant(**(wish | changes))


def test_the_legal_representative_names_an_agent() -> None:
    given = _granted()
    assert given.basis == "agent"
    assert given.items == frozenset({"A"})
    assert given.active(NOW)
    assert not given.active(NOW + timedelta(days=30))
    assert not given.active(NOW - timedelta(seconds=1))


def test_an_agent_names_no_agent() -> None:
    for granter in (None, _granted()):
        with pytest.raises(NotAllowed):
            _granted(granter=granter)


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
