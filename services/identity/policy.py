"""Who may read whose record in identity, and change what; denied by default."""

from dataclasses import dataclass

from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

PURPOSES = frozenset({"self", "prefill", "case", "exchange", "administration"})
# Services of the platform that ask for a person in the course of a case or an exchange.
_ASKING_SERVICES = frozenset({"cases", "exchange"})

policy: Policy[Subject, None] = Policy("identity", purposes=PURPOSES)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person's record, as the rules see it."""

    id: str


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


@policy.rule("read_organisation")
def may_read_organisation(subject: Subject, record: OrganisationRecord, _purpose: str) -> Decision:
    """Who may act for it, and the services of the platform."""
    if subject.is_person:
        return allow("代表本单位") if subject.sub in record.agents else deny("not_its_agent")
    if subject.client_id in _ASKING_SERVICES and subject.allows("identity.manage"):
        return allow("统一社会信用代码属于公开登记信息")
    return deny("not_a_service_of_the_platform")


@policy.rule("change_delegations")
def may_change_delegations(subject: Subject, _record: None, _purpose: str) -> Decision:
    """A person at his own account, not a service for him and not from the desk."""
    if not subject.is_person or subject.act:
        return deny("only_the_person")
    return deny("not_from_the_desk") if subject.staff else allow("单位授权经办人")


@policy.rule("deactivate_staff")
def may_deactivate_staff(subject: Subject, _record: None, _purpose: str) -> Decision:
    """The security administrator (安全管理员)."""
    if subject.has_role("security_administrator") and subject.allows("identity.manage"):
        return allow("三员分立：安全管理员职责")
    return deny("not_security_administrator")
