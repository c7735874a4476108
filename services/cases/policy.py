"""Who may do what to which case; whatever is not named here is denied."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from services.cases.domain import Act, Case
from services.cases.store.tables import cases
from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny
from shared.web import Text
from shared.web.problems import NotFound

OWN = "own"  # the applicant's own matter
HANDLE = "handle"  # 办理
OVERSEE = "oversee"  # 监督
ACCEPTED_IT = "accepted_it"
PURPOSES = (OWN, HANDLE, OVERSEE)

_OFFICERS = frozenset({"officer", "approver"})
_READERS = _OFFICERS | {"clerk"}
_OVERSEERS = frozenset({"inspector"})
# In which roles the department acts. Art. 42: the head of the organ, here an approver, lets a
# term be extended.
OF_THE_DEPARTMENT: Mapping[Act, frozenset[str]] = {
    Act.ACCEPT: _OFFICERS,
    Act.REFUSE: _OFFICERS,
    Act.REQUEST_CORRECTION: _OFFICERS,
    Act.SUSPEND: _OFFICERS,
    Act.RESUME: _OFFICERS,
    Act.EXTEND: frozenset({"approver"}),
    Act.DECIDE: _OFFICERS,
    Act.DELIVER: _READERS,
}
OF_THE_APPLICANT = (Act.SUBMIT, Act.CORRECT, Act.WITHDRAW)
_BASE_CODE = 20  # where the base code begins in an implementing code
_LENGTHS = (2, 4, 6, 9)  # province, city, county, town; a village has all 12 (GB/T 2260)


class NoSuchCase(NotFound):
    """One answer for what is not there and what the caller may not know of."""

    slug = "case-not-found"
    title = Text("没有这个办件，或您无权查看", "There is no such case, or you may not see it")


@dataclass(frozen=True, slots=True)
class Matter:
    """A case, and every code by which a delegation may name its item."""

    case: Case
    item_codes: Collection[str]
    separate_decision: bool = False  # who accepted does not decide


policy: Policy[Subject, ColumnElement[bool]] = Policy("cases", purposes=PURPOSES)


@policy.rule("apply")
def may_apply(subject: Subject, item_codes: Collection[str], _purpose: str) -> Decision:
    """A person applies, for himself or for whom he may act in this item; nobody at his desk."""
    if not subject.is_person or subject.staff is not None:
        return deny("not_an_applicant")
    if subject.on_behalf_of is None:
        return allow("本人申请")
    if not subject.on_behalf_of.covers(*item_codes):
        return deny("outside_delegation")
    return allow(f"授权 {subject.on_behalf_of.delegation}")


@policy.rule(*OF_THE_APPLICANT)
def may_act_as_applicant(subject: Subject, matter: Matter, purpose: str) -> Decision:
    """The applicant's acts are his alone, or of those who act for him in this item."""
    if not _is_applicant(subject, matter.case):
        return deny("not_the_applicant")
    return may_apply(subject, matter.item_codes, purpose)


def _declare(act: Act, roles: frozenset[str]) -> None:
    @policy.rule(act)
    def may_handle(subject: Subject, matter: Matter, _purpose: str) -> Decision:
        """Acts of the department; nobody handles a case of his own (four eyes)."""
        if _involved(subject, matter.case):
            return deny("own_case")
        if act is Act.DECIDE and _accepted_it(subject, matter):
            return deny(ACCEPTED_IT)
        return _at_work(subject, matter.case, roles)


for _act, _roles in OF_THE_DEPARTMENT.items():
    _declare(_act, _roles)


@policy.rule("read_words")
def may_read_words(subject: Subject, matter: Matter, purpose: str) -> Decision:
    """The form, who applied and what people wrote; a draft is its applicant's alone."""
    case = matter.case
    if _is_applicant(subject, case):
        return may_apply(subject, matter.item_codes, purpose)
    if case.submitted_at is None:
        return deny("not_submitted")
    if purpose == OWN:  # it would stand in the log that the applicant reads
        return deny("not_your_own")
    return deny("own_case") if _involved(subject, case) else _at_work(subject, case, _READERS)


@policy.rule("read")
def may_read(subject: Subject, matter: Matter, purpose: str) -> Decision:
    """Status, clock and history: also for those who oversee the region."""
    words = may_read_words(subject, matter, purpose)
    case, staff = matter.case, subject.staff
    if words.allowed or case.submitted_at is None or staff is None or _involved(subject, case):
        return words
    if staff.roles & _OVERSEERS and _reaches(staff.region, case.region):
        return allow("监督检查")
    return words


@policy.rule("read_traces")
def may_read_traces(subject: Subject, matter: Matter, purpose: str) -> Decision:
    """What an act did inside of the platform: for people at their desk, never for applicants."""
    if subject.staff is None or not subject.staff.roles & (_OFFICERS | _OVERSEERS):
        return deny("not_your_role")
    return may_read(subject, matter, purpose)


@policy.rule("list_own")
def may_list_own(subject: Subject, _record: object, _purpose: str) -> Decision:
    """Everyone has a list of his own cases, but not at his desk."""
    if not subject.is_person or subject.staff is not None:
        return deny("not_an_applicant")
    return allow("本人办件")


@policy.scoped("list_own")
def own_cases(subject: Subject, purpose: str) -> ColumnElement[bool] | Decision:
    """The cases of the one whose matter it is, as far as the delegation reaches."""
    may = may_list_own(subject, None, purpose)
    if not may.allowed:
        return may
    own = cases.c.applicant == subject.acting_for
    behalf = subject.on_behalf_of
    if behalf is None or behalf.items is None:
        return own
    code, items = cases.c.item_code, sorted(behalf.items)
    return and_(own, or_(code.in_(items), func.substr(code, _BASE_CODE).in_(items)))


@policy.rule("list_work")
def may_list_work(subject: Subject, department: str | None, _purpose: str) -> Decision:
    """A department's work is seen by its own people and systems."""
    if subject.department is None or (subject.staff and not subject.staff.roles & _READERS):
        return deny("no_desk")
    if department not in (None, subject.department):
        return deny("other_department")
    return allow("本部门工作")


@policy.scoped("list_work")
def work_of(subject: Subject, purpose: str) -> ColumnElement[bool] | Decision:
    """The department's cases in its region, but none of one's own."""
    may = may_list_work(subject, None, purpose)
    if not may.allowed:
        return may
    first, last = reach(_region(subject))
    own = and_(cases.c.applicant != subject.sub, cases.c.agent != subject.sub)
    return and_(cases.c.department == subject.department, cases.c.region.between(first, last), own)


def reach(region: str) -> tuple[str, str]:
    """The first and the last code of a region and all below it."""
    length = next((n for n in _LENGTHS if not region[n:].strip("0")), len(region))
    return region[:length].ljust(12, "0"), region[:length].ljust(12, "9")


def _is_applicant(subject: Subject, case: Case) -> bool:
    if not subject.is_person or subject.staff is not None:
        return False
    kind = subject.on_behalf_of.type if subject.on_behalf_of else "person"
    return (kind, subject.acting_for) == (case.applicant_type, case.applicant)


def identities_of(subject: Subject) -> frozenset[str]:
    """The person (or system), the office, and as a deputy the colleague's whose he fills."""
    ids = {subject.sub}
    if subject.staff is not None:
        ids.add(subject.staff.id)
        if subject.staff.in_place_of is not None:
            ids.add(subject.staff.in_place_of.id)
    return frozenset(ids)


def _accepted_it(subject: Subject, matter: Matter) -> bool:
    """职责分离: also in another office, as a deputy for who accepted, or with him as deputy."""
    return matter.separate_decision and not identities_of(subject).isdisjoint(
        matter.case.accepted_by
    )


def _involved(subject: Subject, case: Case) -> bool:
    return subject.sub in (case.applicant, case.agent)


def _at_work(subject: Subject, case: Case, roles: frozenset[str]) -> Decision:
    if subject.department != case.department or not _reaches(_region(subject), case.region):
        return deny("other_department")
    if subject.staff is not None and not roles & subject.staff.roles:
        return deny("not_your_role")
    if subject.staff is None and roles <= {"approver"}:
        return deny("not_for_systems")
    return allow("本部门办件")


def _region(subject: Subject) -> str:
    office: Any = subject.staff or subject.system
    return str(office.region) if office is not None else ""


def _reaches(office: str, region: str) -> bool:
    first, last = reach(office)
    return bool(office) and first <= region <= last
