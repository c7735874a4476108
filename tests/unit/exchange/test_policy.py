"""Who may ask, read, manage and follow: the whole matrix, from verified tokens to decisions."""

import itertools
from dataclasses import replace
from datetime import date

import pytest

from services.exchange.domain import (
    Asked,
    Case,
    Connector,
    Field,
    Party,
    Permit,
    Refusal,
    Resource,
    Sharing,
)
from services.exchange.policy import Domain, Question, consumer_of, party_of, policy
from shared.auth import OnBehalfOf, Staff, Subject, System

OWNER, OTHER, COORDINATOR = "11990100MB2865569R", "11990102MB2906957H", "11990100MB4438384H"
ME, SHOP = Party("person", "psn_1"), Party("organisation", "org_1")
RESOURCE = Resource(
    code="population/household", version=1, owner=OWNER, name="户籍", key="person",
    fields=(Field("gender", "性别", "string"),), sharing=Sharing.CONDITIONAL,
    update_cycle="daily", legal_basis="law", connector=Connector("http", "http://x", "/", 1),
)  # fmt: skip
PERMIT = Permit(
    "prm_1", "population/household", "*", None, frozenset("*"), frozenset({"case"}),
    frozenset({"gender"}), date(2026, 1, 1), date(2027, 1, 1), "law",
)  # fmt: skip
CASE = Case("1" * 30, OTHER, "item", ME, "accepted")
PERSON = Subject("psn_1", "person", "portal", frozenset(), frozenset(), "jti", 0, 1)
SYSTEM = replace(PERSON, sub="vendor", kind="system", client_id="vendor")
STAFF = replace(PERSON, staff=Staff("stf_1", OWNER, "99", roles=frozenset({"data_officer"})))
AGENT = replace(PERSON, on_behalf_of=OnBehalfOf("org", "org_1", "dlg_1"))
SUBJECTS = {
    "person": PERSON,
    "agent": AGENT,
    "service for the person": replace(PERSON, act=("cases",), client_id="cases"),
    "staff": STAFF,
    "system": replace(SYSTEM, system=System(OTHER, "99")),
    "other system": replace(SYSTEM, system=System(OWNER, "99")),
    "service for itself": SYSTEM,
}
ALLOWED = {
    ("person", ME, False),
    ("person", ME, True),
    ("service for the person", ME, False),
    ("service for the person", ME, True),
    ("agent", SHOP, False),
    ("agent", SHOP, True),
    ("system", ME, True),
}


@pytest.mark.parametrize(
    ("who", "party", "on_case"), list(itertools.product(SUBJECTS, (ME, SHOP), (False, True)))
)
def test_only_these_may_ask_even_with_a_permit(who: str, party: Party, on_case: bool) -> None:
    asked = Asked(party, "case", ("gender",), "item", CASE.number if on_case else None)
    question = Question(RESOURCE, asked, PERMIT, CASE if on_case else None)
    decision = policy.decide(SUBJECTS[who], "query", question, "case")
    assert decision.allowed == ((who, party, on_case) in ALLOWED), decision
    assert decision.basis == ("law" if decision.allowed else "")


@pytest.mark.parametrize("refusal", Refusal)
def test_without_a_permit_nobody_may_ask(refusal: Refusal) -> None:
    asked = Asked(ME, "case", ("gender",), "item", CASE.number)
    for subject in SUBJECTS.values():
        question = Question(RESOURCE, asked, refusal, CASE)
        assert not policy.decide(subject, "query", question, "case").allowed


def test_what_is_not_shared_is_asked_by_nobody() -> None:
    asked = Asked(ME, "case", ("gender",), "item", CASE.number)
    question = Question(replace(RESOURCE, sharing=Sharing.NONE), asked, PERMIT, CASE)
    for subject in SUBJECTS.values():
        assert not policy.decide(subject, "query", question, "case").allowed


@pytest.mark.parametrize("status", ["draft", "decided", "delivered", "refused", "withdrawn"])
def test_a_case_that_is_not_open_is_no_occasion(status: str) -> None:
    asked = Asked(ME, "case", ("gender",), "item", CASE.number)
    question = Question(RESOURCE, asked, PERMIT, replace(CASE, status=status))
    decision = policy.decide(SUBJECTS["system"], "query", question, "case")
    assert decision.reason == "case_gives_no_occasion"


def test_data_officers_manage_their_own_departments_data() -> None:
    none: frozenset[str] = frozenset()
    assert policy.decide(STAFF, "manage", Domain(OWNER, none), "manage").allowed
    assert not policy.decide(STAFF, "manage", Domain(OTHER, none), "manage").allowed
    coordinators = frozenset({OWNER})
    assert policy.decide(STAFF, "manage", Domain(OTHER, coordinators), "manage").allowed
    for who, subject in SUBJECTS.items():
        decision = policy.decide(subject, "manage", Domain(OWNER, none), "manage")
        assert decision.allowed == (who == "staff")


def test_a_department_follows_its_own_events_and_the_public_ones() -> None:
    for subject, own in ((STAFF, OWNER), (SUBJECTS["system"], OTHER)):
        assert policy.scope(subject, "follow", "follow") == {"*", own}
        assert policy.decide(subject, "follow", own, "follow").allowed
        assert not policy.decide(subject, "follow", COORDINATOR, "follow").allowed
    assert not policy.decide(PERSON, "follow", "*", "follow").allowed


def test_the_consumer_is_the_service_that_acts_not_the_persons_department() -> None:
    assert consumer_of(SUBJECTS["service for the person"]).client == "cases"
    assert consumer_of(STAFF).department is None
    assert not consumer_of(STAFF).asks_for_people
    assert consumer_of(SUBJECTS["system"]).department == OTHER
    assert party_of(AGENT) == SHOP
