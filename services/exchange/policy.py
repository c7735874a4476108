"""Who may ask, see, grant and follow what; whatever is not allowed here is denied."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true

from services.exchange.domain import (
    BASE_CODE_LENGTH,
    CODE_LENGTH,
    THEMSELVES,
    Asked,
    Case,
    Consumer,
    Party,
    Permit,
    Refusal,
    Resource,
    Sharing,
    item_codes,
)
from services.exchange.store import CallRow
from services.exchange.store.tables import calls, permits, subscriptions
from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

# What data may be asked for: filling a form, handling a case, seeing one's own records.
PURPOSES = frozenset({"prefill", "case", "self"})
EVERYONE = "*"  # the audience of public events
_MANAGER = "data_officer"
_VERIFIER = "cases"  # re-reads what any service fetched for the same person

policy: Policy[Subject, Any] = Policy("exchange", purposes=PURPOSES | {"manage", "follow"})


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all that decides on it."""

    resource: Resource
    asked: Asked
    permit: Permit | Refusal
    case: Case | None


@dataclass(frozen=True, slots=True)
class Domain:
    """Whose data are managed, and which departments coordinate all sharing."""

    owner: str
    coordinators: frozenset[str]


def consumer_of(subject: Subject) -> Consumer:
    """The client that asks; a service that acts for a person is the consumer, not its caller."""
    department = subject.system.department if subject.is_system and subject.system else None
    client = subject.act[0] if subject.act else subject.client_id
    return Consumer(client, department, subject.is_person and subject.staff is None)


def party_of(subject: Subject) -> Party:
    """Whose own data a person's token opens."""
    represented = subject.on_behalf_of is not None and subject.on_behalf_of.type == "org"
    return Party("organisation" if represented else "person", subject.acting_for)


@policy.rule("query")
def may_query(subject: Subject, question: Question, _purpose: str) -> Decision:
    """A person for himself or whom he represents; a department for an open case of its own."""
    denied = _not_theirs(subject, question)
    if denied is not None:
        return denied
    if question.resource.sharing is Sharing.NONE:
        return deny("not_shared")
    if isinstance(question.permit, Refusal):
        return deny(question.permit.reason)
    return allow(question.permit.legal_basis)


@policy.rule("read_call")
def may_read_call(subject: Subject, call: CallRow, _purpose: str) -> Decision:
    """Who made the call reads it again; so does `cases`, acting for the same person."""
    consumer = consumer_of(subject)
    if subject.is_system:
        same = call.department is not None and call.department == consumer.department
        return allow("own call") if same else deny("not_your_call")
    party = party_of(subject)
    if subject.staff is not None or (party.type, party.id) != (call.party_type, call.party):
        return deny("not_your_call")
    if consumer.client not in (call.client, _VERIFIER) or not _covered(subject, call.item):
        return deny("not_your_call")
    return allow("own data")


@policy.rule("own_calls")
def may_see_own_calls(subject: Subject, _record: object, _purpose: str) -> Decision:
    """A person sees who asked about him, or about whom he represents; nobody at his desk."""
    if not subject.is_person or subject.staff is not None:
        return deny("not_a_person")
    return allow("own data")


@policy.scoped("own_calls")
def own_calls(subject: Subject, purpose: str) -> ColumnElement[bool] | Decision:
    """The calls about whom one acts for, as far as the delegation reaches."""
    may = may_see_own_calls(subject, None, purpose)
    if not may.allowed:
        return may
    own = calls.c.party == subject.acting_for
    behalf = subject.on_behalf_of
    if behalf is None or behalf.items is None:
        return own
    named = sorted(behalf.items)
    # As `item_codes` has it: the base code is the end of an implementing one.
    base = func.substr(calls.c.item, CODE_LENGTH - BASE_CODE_LENGTH + 1)
    implementing = func.length(calls.c.item) == CODE_LENGTH
    return and_(own, or_(calls.c.item.in_(named), and_(implementing, base.in_(named))))


@policy.rule("manage")
def may_manage(subject: Subject, domain: Domain, _purpose: str) -> Decision:
    """Who provides decides (谁提供谁负责); the coordinating department may as well."""
    if subject.staff is None or not subject.has_role(_MANAGER):
        return deny("not_a_data_officer")
    if subject.staff.department in domain.coordinators:
        return allow("coordinating department")
    if subject.staff.department == domain.owner:
        return allow("department that provides the data")
    return deny("other_department")


@policy.rule("read_permits")
def may_read_permit(subject: Subject, permit: Permit, _purpose: str) -> Decision:
    """A permit is seen by who holds it."""
    return allow("own permit") if permit.is_for(consumer_of(subject)) else deny("not_your_permit")


@policy.scoped("read_permits")
def readable_permits(subject: Subject, _purpose: str) -> ColumnElement[bool]:
    """The permits one holds; a data officer's list is `managed_permits`."""
    consumer = consumer_of(subject)
    held = [permits.c.client == consumer.client]
    if consumer.asks_for_people:
        held.append(permits.c.client == THEMSELVES)
    if consumer.department is not None:
        held.append(permits.c.department == consumer.department)
    return or_(*held)


def managed_permits(subject: Subject, coordinators: frozenset[str]) -> ColumnElement[bool] | None:
    """All that concern a data officer's department; None for who is no data officer."""
    if subject.staff is None or not subject.has_role(_MANAGER):
        return None
    department = subject.staff.department
    if department in coordinators:
        return true()
    return or_(permits.c.owner == department, permits.c.department == department)


def audiences_of(department: str) -> frozenset[str]:
    """Whose events a department sees, in its feed and by its webhooks alike: this one decides."""
    return frozenset({EVERYONE, department})


@policy.rule("follow")
def may_follow(subject: Subject, audience: str, _purpose: str) -> Decision:
    """A department's people and systems see what concerns it, and what is public."""
    if subject.department is None:
        return deny("no_department")
    if audience in audiences_of(subject.department):
        return allow("events of the own department")
    return deny("other_department")


@policy.scoped("follow")
def followed(subject: Subject, _purpose: str) -> frozenset[str] | Decision:
    """The audiences that the subject belongs to."""
    if subject.department is None:
        return deny("no_department")
    return audiences_of(subject.department)


@policy.rule("subscribe")
def may_subscribe(subject: Subject, department: str | None, _purpose: str) -> Decision:
    """A department's system manages its department's subscriptions; None: a new one of its own."""
    if not subject.is_system or subject.system is None:
        return deny("not_a_departments_system")
    if department not in (None, subject.system.department):
        return deny("other_department")
    return allow("events of the own department")


@policy.scoped("subscribe")
def own_subscriptions(subject: Subject, purpose: str) -> ColumnElement[bool] | Decision:
    """The subscriptions of the own department."""
    may = may_subscribe(subject, None, purpose)
    return subscriptions.c.department == subject.department if may.allowed else may


def _not_theirs(subject: Subject, question: Question) -> Decision | None:
    if subject.is_system:
        return _no_occasion(subject, question)
    if subject.staff is not None:
        return deny("desk_asks_as_system")
    if party_of(subject) != question.asked.party:
        return deny("not_your_data")
    return None if _covered(subject, question.asked.item) else deny("outside_delegation")


def _covered(subject: Subject, item: str | None) -> bool:
    """Whether one acts for oneself, or within the items that the delegation names."""
    behalf = subject.on_behalf_of
    return behalf is None or behalf.covers(*(item_codes(item) if item is not None else ()))


def _no_occasion(subject: Subject, question: Question) -> Decision | None:
    if subject.system is None:
        return deny("nobody_asks")
    if question.asked.case is None:
        return deny("case_required")
    if question.case is None:
        return deny("unknown_case")
    if not question.case.occasions(question.asked, subject.system.department):
        return deny("case_gives_no_occasion")
    return None
