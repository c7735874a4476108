"""Who may do what: each act and each list, for everyone who might try."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from services.cases.domain import Act, Case, Moment
from services.cases.policy import HANDLE, OF_THE_APPLICANT, OF_THE_DEPARTMENT, OWN, Matter, policy
from services.cases.policy import reach as reach_of
from shared.auth.subject import OnBehalfOf, Staff, Subject, System
from shared.policy import Denied

CODES = ("ITEM", "LOCAL")
DEPARTMENT, REGION = "11990102MB2824177L", "990102000000"


def subject(sub: str = "psn_citizen", **more: Any) -> Subject:
    kind: Literal["person", "system"] = "system" if "system" in more else "person"
    return Subject(
        sub, kind, "portal", frozenset(), frozenset(), "jti", 0.0, 0.0, **more
    )  # fmt: skip


def desk(
    *roles: str, department: str = DEPARTMENT, region: str = REGION, sub: str = "psn_9"
) -> Subject:
    return subject(sub, staff=Staff("stf_9", department, region, roles=frozenset(roles)))


def behalf(of: str, kind: Any = "person", items: set[str] | None = None) -> OnBehalfOf:
    return OnBehalfOf(kind, of, "dlg_1", frozenset(items) if items is not None else None)


APPLICANT = subject()
OFFICER = desk("officer")
APPROVER = desk("approver")
CLERK = desk("clerk")
SYSTEM = subject("vendor", system=System(DEPARTMENT, REGION))
ALLOWED: dict[Act, set[str]] = {
    **{act: {"applicant", "agent"} for act in OF_THE_APPLICANT},
    **{act: {"officer", "approver", "system"} for act in OF_THE_DEPARTMENT},
    Act.EXTEND: {"approver"},
    Act.DELIVER: {"officer", "approver", "clerk", "system"},
}
EVERYONE = {
    "applicant": APPLICANT,
    "agent": subject("psn_agent", on_behalf_of=behalf("psn_citizen", items={"LOCAL"})),
    "agent for other items": subject("psn_agent", on_behalf_of=behalf("psn_citizen", items={"X"})),
    "agent for a firm of that id": subject("psn_a", on_behalf_of=behalf("psn_citizen", "org")),
    "somebody else": subject("psn_other"),
    "the applicant at a desk": desk("officer", "approver", "clerk", sub="psn_citizen"),
    "officer": OFFICER,
    "approver": APPROVER,
    "clerk": CLERK,
    "inspector": desk("inspector"),
    "without a role": desk(),
    "officer elsewhere": desk("officer", "approver", department="11990102MB0000000X"),
    "officer of another region": desk("officer", "approver", region="990121000000"),
    "system": SYSTEM,
    "system elsewhere": subject("v", system=System("11990102MB0000000X", REGION)),
    "our own service": subject("exchange", system=None),
}  # fmt: skip


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize("act", Act)
def test_each_act_is_for_those_who_are_named(submitted: Case, act: Act, who: str) -> None:
    purpose = OWN if act in OF_THE_APPLICANT else HANDLE
    decision = policy.decide(EVERYONE[who], act, Matter(submitted, CODES), purpose)
    assert decision.allowed is (who in ALLOWED[act]), decision


def test_every_act_has_its_rule() -> None:
    assert set(Act) <= policy.acts
    assert not policy.decide(OFFICER, "archive", None, HANDLE).allowed
    assert not policy.decide(OFFICER, "read", None, "curiosity").allowed


READERS = {"applicant", "agent", "officer", "approver", "clerk", "system"}


@pytest.mark.parametrize("who", EVERYONE)
def test_words_are_read_by_the_applicant_and_the_department(submitted: Case, who: str) -> None:
    words = policy.decide(EVERYONE[who], "read_words", Matter(submitted, CODES), HANDLE).allowed
    facts = policy.decide(EVERYONE[who], "read", Matter(submitted, CODES), HANDLE).allowed
    assert words is (who in READERS)
    assert facts is (who in READERS | {"inspector"})


@pytest.mark.parametrize("who", EVERYONE)
def test_a_draft_is_seen_by_its_applicant_only(case: Case, who: str) -> None:
    seen = policy.decide(EVERYONE[who], "read", Matter(case, CODES), HANDLE).allowed
    assert seen is (who in {"applicant", "agent"})


def test_who_acted_for_another_does_not_handle_it(case: Case, on: Callable[[str], Moment]) -> None:
    for_shop = replace(case, applicant="org_shop", applicant_type="org", agent="psn_9")
    for_shop.submit(on("2026-03-02"))
    assert not policy.decide(OFFICER, Act.ACCEPT, Matter(for_shop, ()), HANDLE).allowed
    assert not policy.decide(OFFICER, "read", Matter(for_shop, CODES), HANDLE).allowed


@pytest.mark.parametrize("who", EVERYONE)
def test_a_work_list_belongs_to_the_department_at_work(who: str) -> None:
    at_work = {
        "officer", "approver", "clerk", "system", "the applicant at a desk", "officer elsewhere",
        "officer of another region", "system elsewhere",
    }  # fmt: skip
    if who in at_work:
        policy.scope(EVERYONE[who], "list_work", HANDLE)
    else:
        with pytest.raises(Denied):
            policy.scope(EVERYONE[who], "list_work", HANDLE)


def test_another_departments_list_is_refused() -> None:
    assert policy.decide(OFFICER, "list_work", None, HANDLE).allowed
    assert policy.decide(OFFICER, "list_work", DEPARTMENT, HANDLE).allowed
    decision = policy.decide(OFFICER, "list_work", "11990102MB0000000X", HANDLE)
    assert decision.reason == "other_department"


@pytest.mark.parametrize("who", EVERYONE)
def test_a_list_of_own_cases_is_for_persons_away_from_their_desk(who: str) -> None:
    person = EVERYONE[who].is_person and EVERYONE[who].staff is None
    if person and who != "our own service":
        policy.scope(EVERYONE[who], "list_own", OWN)
    elif who != "our own service":
        with pytest.raises(Denied):
            policy.scope(EVERYONE[who], "list_own", OWN)


@pytest.mark.parametrize(
    ("region", "first", "last"),
    [
        ("990000000000", "990000000000", "999999999999"),
        ("990100000000", "990100000000", "990199999999"),
        ("990102000000", "990102000000", "990102999999"),
        ("990102003000", "990102003000", "990102003999"),
        ("990102003004", "990102003004", "990102003004"),
    ],
)
def test_a_region_reaches_what_lies_below_it(region: str, first: str, last: str) -> None:
    assert reach_of(region) == (first, last)
