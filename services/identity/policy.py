"""Who may read whose record in identity, and change what; denied by default."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_

from services.identity.domain.regions import reach, reaches
from services.identity.domain.roles import (
    ADMINISTRATORS,
    APPROVER,
    AUDIT,
    DELIVERED,
    HALL_MANAGER,
    SECURITY,
    SYSTEM,
)
from services.identity.store.secondments import resident_in
from services.identity.store.staff import staff
from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

PURPOSES = frozenset({"self", "prefill", "case", "exchange", "administration"})
# Services of the platform that ask for a person in the course of a case or an exchange.
_AT_WINDOWS = ("clerk", "hall_manager")
_ASKING_SERVICES = frozenset({"cases", "exchange"})

policy: Policy[Subject, ColumnElement[bool]] = Policy("identity", purposes=PURPOSES)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person's record, as the rules see it."""

    id: str


@dataclass(frozen=True, slots=True)
class PrincipalRecord:
    """The record of whom somebody acts for, and the item for which it is read."""

    id: str
    item: str


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """An organisation, with the people who may act for it now."""

    id: str
    agents: frozenset[str]


@policy.rule("read_person")
def may_read_person(subject: Subject, record: PersonRecord, purpose: str) -> Decision:
    """The person himself; a service of the platform for a case; nobody else."""
    if subject.is_person:
        mine = subject.sub == record.id
        return allow("本人查询") if mine and purpose in ("self", "prefill") else deny("not_oneself")
    if subject.client_id not in _ASKING_SERVICES or not subject.allows("identity.manage"):
        return deny("not_a_service_of_the_platform")
    if purpose not in ("case", "exchange", "prefill"):
        return deny("purpose_not_for_services")
    return allow("行政许可法第四十六条：办理申请人提出的事项")


@policy.rule("read_principal")
def may_read_principal(subject: Subject, record: PrincipalRecord, _purpose: str) -> Decision:
    """Who acts for a person now, for an item that his delegation covers."""
    behalf = subject.on_behalf_of
    if not subject.is_person or subject.staff or behalf is None or behalf.type != "person":
        return deny("acts_for_nobody")
    if behalf.id != record.id or not behalf.covers(record.item):
        return deny("outside_delegation")
    return allow(f"代理（民法典第一百六十一条）：授权 {behalf.delegation}")


@policy.rule("read_organisation")
def may_read_organisation(subject: Subject, record: OrganisationRecord, _purpose: str) -> Decision:
    """Who may act for it, and the services of the platform."""
    if subject.is_person:
        return allow("代表本单位") if subject.sub in record.agents else deny("not_its_agent")
    if subject.client_id in _ASKING_SERVICES and subject.allows("identity.manage"):
        return allow("统一社会信用代码属于公开登记信息")
    return deny("not_a_service_of_the_platform")


def _oneself(subject: Subject) -> Decision:
    """A person at his own account, not a service for him."""
    return allow("本人账号") if subject.is_person and not subject.act else deny("only_the_person")


@policy.rule("see_sessions")
def may_see_sessions(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The person himself."""
    return _oneself(subject)


@policy.rule("end_session")
def may_end_session(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The person himself."""
    return _oneself(subject)


@policy.rule("change_delegations")
def may_change_delegations(subject: Subject, _record: None, _purpose: str) -> Decision:
    """A person at his own account, not a service for him and not from the desk."""
    if not subject.is_person or subject.act:
        return deny("only_the_person")
    return deny("not_from_the_desk") if subject.staff else allow("单位授权经办人")


@policy.rule("read_delegations")
def may_read_delegations(subject: Subject, _record: None, _purpose: str) -> Decision:
    """A person his own."""
    return allow("本人查询") if subject.is_person and not subject.staff else deny("only_the_person")


@policy.rule("prove_at_window")
def may_prove_at_window(subject: Subject, people: frozenset[str], _purpose: str) -> Decision:
    """A clerk at his window, for others and never for himself."""
    if not subject.is_person or subject.act or not any(map(subject.has_role, _AT_WINDOWS)):
        return deny("not_a_clerk")
    if subject.sub in people:
        return deny("not_for_oneself")
    return allow("窗口当面核验")


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """An office, as the rules see it; `halls`: where it is resident, by department and region."""

    id: str
    person: str
    department: str
    region: str
    halls: frozenset[tuple[str, str]] = frozenset()


# 三员分立: who creates offices grants no roles, who grants roles creates nothing, who audits sees.
_STAFF_ACTS: Mapping[str, str] = {
    "create_staff": SYSTEM,
    "change_staff": SYSTEM,
    "move_staff": SYSTEM,
    "second_staff": SYSTEM,
    "grant_role": SECURITY,
    "take_role": SECURITY,
    "activate_staff": SECURITY,
    "deactivate_staff": SECURITY,
}
_SEES_ALL = ADMINISTRATORS | {"inspector", "coordinator"}


def _declare(act: str, role: str) -> None:
    @policy.rule(act)
    def may_administer(subject: Subject, office: StaffRecord | None, _purpose: str) -> Decision:
        """The administrator whose duty it is, in his region, and never on himself."""
        return _administers(subject, role, office)


for _act, _role in _STAFF_ACTS.items():
    _declare(_act, _role)


@policy.rule("change_role")
def may_change_role(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The security administrator (安全管理员)."""
    return _administers(subject, SECURITY, None)


@policy.rule("read_evidence")
def may_read_evidence(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The audit administrator (审计管理员) reads what the others changed, and changes nothing."""
    return _administers(subject, AUDIT, None)


@policy.rule("read_roles")
def may_read_roles(subject: Subject, _record: None, _purpose: str) -> Decision:
    """Everybody at his desk."""
    return allow("角色目录在内部公开") if subject.staff else deny("not_staff")


@policy.rule("read_staff")
def may_read_staff(subject: Subject, office: StaffRecord, _purpose: str) -> Decision:
    """Administrators and overseers in their region, colleagues, a hall about its residents."""
    own = subject.staff
    if own is None:
        return deny("not_staff")
    if office.person == subject.sub:
        return allow("本人岗位")
    if own.roles & _SEES_ALL and reaches(own.region, office.region):
        return allow("工作人员管理职责")
    if own.department == office.department:
        return allow("同部门工作人员")
    if _is_its_hall(subject, office):
        return allow("驻厅人员管理职责")
    return deny("other_department")


@policy.scoped("read_staff")
def readable_staff(subject: Subject, _purpose: str) -> ColumnElement[bool] | Decision:
    """The same for lists."""
    own = subject.staff
    if own is None:
        return deny("not_staff")
    seen = [staff.c.person == subject.sub, staff.c.department == own.department]
    if own.roles & _SEES_ALL:
        seen.append(staff.c.region.between(*reach(own.region)))
    if HALL_MANAGER in own.roles:
        seen.append(staff.c.id.in_(resident_in(own.department, own.region)))
    return or_(*seen)


@policy.rule("read_residents")
def may_read_residents(subject: Subject, _record: None, _purpose: str) -> Decision:
    """A hall's manager sees who is sent into his hall."""
    if subject.has_role(HALL_MANAGER):
        return allow("驻厅人员管理职责")
    return deny("not_hall_manager")


@policy.rule("end_secondment")
def may_end_secondment(subject: Subject, office: StaffRecord, _purpose: str) -> Decision:
    """Who sent the office into the hall, or the manager of the hall."""
    if _is_its_hall(subject, office) and not subject.act:
        return allow("驻厅人员管理职责")
    return _administers(subject, SYSTEM, office)


@policy.rule("depute_staff")
def may_depute(subject: Subject, office: StaffRecord, _purpose: str) -> Decision:
    """The officer himself in his own office; who leads it, manages its hall, or grants roles."""
    own = subject.staff
    if own is None or subject.act:
        return deny("only_in_person")
    if own.in_place_of is not None:
        return deny("not_as_a_deputy")
    if own.id == office.id:
        return allow("本人委托代理")
    if APPROVER in own.roles and own.department == office.department:
        within = reaches(own.region, office.region)
        return allow("部门负责人指定代理") if within else deny("other_region")
    if _is_its_hall(subject, office):
        return allow("驻厅人员管理职责")
    return _administers(subject, SECURITY, office)


@policy.rule("end_deputation")
def may_end_deputation(
    subject: Subject, record: tuple[StaffRecord, StaffRecord], purpose: str
) -> Decision:
    """Who may name a deputy for the office, and the deputy himself."""
    office, deputy = record
    if subject.staff is not None and subject.sub == deputy.person and not subject.act:
        return allow("代理人本人")
    return may_depute(subject, office, purpose)


def _is_its_hall(subject: Subject, office: StaffRecord) -> bool:
    own = subject.staff
    if own is None or HALL_MANAGER not in own.roles:
        return False
    return (own.department, own.region) in office.halls


def _administers(subject: Subject, role: str, office: StaffRecord | None) -> Decision:
    own = subject.staff
    if own is None or role not in own.roles:
        return deny(f"not_{role}")
    if subject.act:
        return deny("only_in_person")
    if office is not None and office.person == subject.sub:
        return deny("own_office")
    if office is not None and not reaches(own.region, office.region):
        return deny("other_region")
    return allow(f"三员分立：{DELIVERED[role].zh}职责")


@policy.rule("configure_upstreams")
def may_configure_upstreams(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The security administrator (安全管理员): whose word about people counts here."""
    return _administers(subject, SECURITY, None)
