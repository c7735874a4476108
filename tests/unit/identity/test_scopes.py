"""Scopes, whose they are, and for which APIs a token is meant."""

import pytest

from services.identity.domain.oauth import InvalidScope, InvalidTarget
from services.identity.domain.roles import DELIVERED
from services.identity.domain.scopes import check_for_person, parse
from services.identity.domain.staff import Staff
from services.identity.domain.systems import FOR_SYSTEMS
from services.identity.domain.targets import aim

BASE = "https://t.example"


def test_unknown_scopes_are_refused_by_name() -> None:
    with pytest.raises(InvalidScope, match=r"cases\.delete"):
        parse("openid cases.delete")


def test_a_citizens_act_and_the_desk_are_never_one_token() -> None:
    check_for_person(frozenset({"cases.apply", "cases.read"}))
    check_for_person(frozenset({"staff", "cases.handle", "cases.read"}))
    for mixed in ({"staff", "cases.apply"}, {"cases.handle"}, {"ops.read"}):
        with pytest.raises(InvalidScope):
            check_for_person(frozenset(mixed))


def test_a_token_is_meant_for_all_that_its_scopes_open() -> None:
    scopes, audience = aim(frozenset({"openid", "cases.read", "events.read"}), [], BASE)
    assert scopes == {"openid", "cases.read", "events.read"}
    assert audience == tuple(f"{BASE}/api/{name}" for name in ("cases", "exchange", "identity"))


def test_naming_a_resource_narrows_scope_and_audience() -> None:
    asked = frozenset({"openid", "cases.read", "exchange.query"})
    scopes, audience = aim(asked, [f"{BASE}/api/exchange"], BASE)
    assert scopes == {"openid", "exchange.query"}
    assert audience == (f"{BASE}/api/exchange",)


@pytest.mark.parametrize("resource", [f"{BASE}/api/catalogue", f"{BASE}/api/cases/", "cases", ""])
def test_other_resources_are_refused(resource: str) -> None:
    with pytest.raises(InvalidTarget):
        aim(frozenset({"cases.read"}), [resource], BASE)


def test_nothing_is_no_target() -> None:
    with pytest.raises(InvalidTarget):
        aim(frozenset(), [], BASE)


def test_the_three_administrators_are_separate() -> None:
    three = ("system_administrator", "security_administrator", "audit_administrator")
    opened = [Staff("stf_1", "psn_1", "d", "r", (), (role,)).scopes() for role in three]
    assert all("cases.handle" not in scopes for scopes in opened)
    assert not DELIVERED[three[0]].scopes & DELIVERED[three[1]].scopes


def test_one_administrator_decides_and_another_only_sees() -> None:
    assert {"ops.read", "ops.manage"} <= DELIVERED["system_administrator"].scopes
    assert "ops.read" in DELIVERED["audit_administrator"].scopes
    deciding = {code for code, role in DELIVERED.items() if "ops.manage" in role.scopes}
    assert deciding == {"system_administrator"}


def test_no_system_may_decide_for_an_operator() -> None:
    assert "ops.read" in FOR_SYSTEMS
    assert "ops.manage" not in FOR_SYSTEMS
    with pytest.raises(InvalidScope):
        check_for_person(frozenset({"ops.manage"}))
