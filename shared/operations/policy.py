"""Who may look at a service's queues and dead letters, and who decides on them: few people."""

from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

OPERATE = "operate"
READ_QUEUES, READ_LETTERS, DECIDE = "read_queues", "read_dead_letters", "decide_dead_letters"

_DECIDES = "system_administrator"
# The audit administrator sees what the system administrator decides, and changes nothing.
_READS = frozenset({_DECIDES, "audit_administrator"})


def operators_policy(service: str) -> Policy[Subject, None]:
    """The rules, the same at every service."""
    policy: Policy[Subject, None] = Policy(service, purposes={OPERATE})
    policy.rule(READ_QUEUES)(may_read_queues)
    policy.rule(READ_LETTERS)(may_read_letters)
    policy.rule(DECIDE)(may_decide)
    return policy


def may_read_queues(subject: Subject, record: object, purpose: str) -> Decision:
    """Numbers only: the monitoring of the operators too, but no department's system."""
    if subject.is_system:
        return deny("not_monitoring") if subject.system else allow("平台监控")
    return may_read_letters(subject, record, purpose)


def may_read_letters(subject: Subject, _record: object, _purpose: str) -> Decision:
    """Whose office it is to run the platform, or to audit who does."""
    if subject.staff is None or not subject.staff.roles & _READS:
        return deny("not_an_operator")
    return allow("三员分立：系统管理、审计职责")


def may_decide(subject: Subject, _record: object, _purpose: str) -> Decision:
    """The system administrator (系统管理员) in person, not a service for him."""
    if not subject.has_role(_DECIDES):
        return deny("not_system_administrator")
    return deny("only_in_person") if subject.act else allow("三员分立：系统管理员职责")
