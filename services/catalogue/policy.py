"""Who may change the catalogue. Reading it is public."""

from typing import Any

from shared.auth import Subject
from shared.policy import Decision, Policy, allow, deny

MAINTENANCE = "catalogue_maintenance"
policy: Policy[Subject, Any] = Policy("catalogue", purposes={MAINTENANCE})

_ANY_DEPARTMENT = "coordinator"
_OWN_DEPARTMENT = "catalogue_editor"


@policy.rule("publish_item", "withdraw_item")
def maintain_item(subject: Subject, department: str, _purpose: str) -> Decision:
    """An editor maintains the items of the own department, the coordinator all."""
    if subject.has_role(_ANY_DEPARTMENT):
        return allow("coordinator of the catalogue")
    if not subject.has_role(_OWN_DEPARTMENT):
        return deny("not_an_editor")
    if subject.department != department:
        return deny("other_department")
    return allow("catalogue editor of the department")
