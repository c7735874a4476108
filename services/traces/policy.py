"""Who may look into traces: who runs the platform, and nobody for another purpose.

A trace names cases, items and departments, and when what was done; it is no window on people's
matters for who does not operate the system. A monitoring system sees figures only.
"""

from typing import Any

from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

OPERATION = "operation"
_OPERATORS = ("system_administrator", "audit_administrator")

policy: Policy[Subject, Any] = Policy("traces", purposes={OPERATION})


@policy.rule("look_up")
def may_look_up(subject: Subject, _sought: object, _purpose: str) -> Decision:
    """Operators find and open traces; each look-up is written down."""
    if any(subject.has_role(role) for role in _OPERATORS):
        return allow("operator of the platform")
    return deny("not_an_operator")


@policy.rule("read_figures")
def may_read_figures(subject: Subject, _record: object, _purpose: str) -> Decision:
    """Rate, errors and duration name no case: monitoring systems may read them as well."""
    if any(subject.has_role(role) for role in _OPERATORS):
        return allow("operator of the platform")
    if subject.is_system:
        return allow("monitoring of the platform")
    return deny("not_an_operator")
