from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import Decision, Denied, Policy, allow, deny


@dataclass(frozen=True)
class Caller:
    sub: str
    department: str | None = None


@dataclass(frozen=True)
class Record:
    owner: str
    department: str
    open: bool = True


Filter = Callable[[Record], bool]
policy: Policy[Caller, Filter] = Policy("cases", purposes={"apply", "handle"})


@policy.rule("read")
def may_read(subject: Caller, record: Record, purpose: str) -> Decision:
    if purpose == "apply":
        return allow("one's own") if record.owner == subject.sub else deny("not_the_applicant")
    if record.department == subject.department:
        return allow("office")
    return deny("other_department")


@policy.scoped("read")
def readable(subject: Caller, purpose: str) -> Filter | Decision:
    if purpose == "apply":
        return lambda record: record.owner == subject.sub
    if subject.department is None:
        return deny("not_staff")
    return lambda record: record.department == subject.department


@policy.rule("accept", "refuse")
def may_decide(subject: Caller, record: Record, purpose: str) -> Decision:
    return allow("office") if record.open and purpose == "handle" else deny("not_open")


OFFICER = Caller("psn_9", department="D1")
CITIZEN = Caller("psn_1")
OWN = Record(owner="psn_1", department="D1")
FOREIGN = Record(owner="psn_2", department="D2")


def test_an_allowed_act_gives_the_basis_for_the_evidence() -> None:
    assert policy.check(OFFICER, "read", OWN, "handle") == Decision(allowed=True, basis="office")
    assert policy.check(CITIZEN, "read", OWN, "apply").basis == "one's own"


@pytest.mark.parametrize(
    ("subject", "act", "record", "purpose", "reason"),
    [
        (CITIZEN, "read", FOREIGN, "apply", "not_the_applicant"),
        (OFFICER, "read", FOREIGN, "handle", "other_department"),
        (OFFICER, "accept", Record("psn_1", "D1", open=False), "handle", "not_open"),
        (OFFICER, "delete", OWN, "handle", "unknown_act"),
        (OFFICER, "read", OWN, "curiosity", "unknown_purpose"),
        (OFFICER, "read", OWN, "", "unknown_purpose"),
    ],
)
def test_everything_else_is_denied_with_a_reason(
    subject: Caller, act: str, record: Record, purpose: str, reason: str
) -> None:
    with pytest.raises(Denied) as caught:
        policy.check(subject, act, record, purpose)
    assert (caught.value.service, caught.value.act, caught.value.reason) == ("cases", act, reason)
    assert not policy.decide(subject, act, record, purpose).allowed


def test_a_policy_without_rules_denies_all() -> None:
    empty: Policy[Caller, Filter] = Policy("empty", purposes={"handle"})
    with pytest.raises(Denied, match="empty: read is denied: unknown_act"):
        empty.check(OFFICER, "read", OWN, "handle")
    with pytest.raises(Denied, match="unknown_act"):
        empty.scope(OFFICER, "read", "handle")


def test_one_rule_may_stand_for_several_acts() -> None:
    assert policy.check(OFFICER, "accept", OWN, "handle") == policy.check(
        OFFICER, "refuse", OWN, "handle"
    )
    assert policy.acts == {"read", "accept", "refuse"}


callers = st.builds(Caller, st.sampled_from("ab"), st.sampled_from([None, "D1", "D2"]))
records = st.builds(Record, st.sampled_from("ab"), st.sampled_from(["D1", "D2"]))


@given(callers, st.lists(records), st.sampled_from(["apply", "handle", "curiosity"]))
def test_a_list_shows_what_single_reads_allow(
    subject: Caller, found: list[Record], purpose: str
) -> None:
    visible = policy.visible(subject, "read", found, purpose)
    try:
        wanted = policy.scope(subject, "read", purpose)
    except Denied:
        assert visible == []
    else:
        assert visible == list(filter(wanted, found))


@pytest.mark.parametrize(
    ("subject", "act", "purpose", "reason"),
    [
        (CITIZEN, "read", "handle", "not_staff"),
        (OFFICER, "read", "curiosity", "unknown_purpose"),
        (OFFICER, "accept", "handle", "unknown_act"),
    ],
)
def test_a_list_that_nothing_allows_is_denied(
    subject: Caller, act: str, purpose: str, reason: str
) -> None:
    with pytest.raises(Denied) as caught:
        policy.scope(subject, act, purpose)
    assert caught.value.reason == reason


def test_a_scope_that_answers_yes_without_a_filter_shows_nothing() -> None:
    careless: Policy[Caller, Filter] = Policy("careless", purposes={"handle"})
    careless.rule("read")(may_read)
    careless.scoped("read")(lambda _subject, _purpose: allow("everything"))
    with pytest.raises(Denied, match="unscoped"):
        careless.scope(OFFICER, "read", "handle")


def test_a_decision_is_explained_by_its_rule() -> None:
    yes = policy.explain(OFFICER, "read", OWN, "handle")
    no = policy.explain(OFFICER, "read", FOREIGN, "handle")
    unknown = policy.explain(OFFICER, "delete", OWN, "handle")
    assert str(yes) == "cases: read for 'handle' is allowed: office (may_read)"
    assert str(no) == "cases: read for 'handle' is denied: other_department (may_read)"
    assert str(unknown) == "cases: delete for 'handle' is denied: unknown_act (no rule)"


def test_two_rules_for_one_act_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="accept has a rule already: one place decides"):
        policy.rule("accept")(may_decide)
    with pytest.raises(ValueError, match="read has a rule already"):
        policy.scoped("read")(readable)


def test_a_list_needs_the_rule_that_it_is_the_twin_of() -> None:
    with pytest.raises(ValueError, match="declare the rule of list before its lists"):
        policy.scoped("list")(readable)


def test_a_basis_and_a_reason_are_named() -> None:
    with pytest.raises(ValueError, match="allowed on a basis: name it"):
        allow(" ")
    with pytest.raises(ValueError, match="not 'Because I say so'"):
        deny("Because I say so")
