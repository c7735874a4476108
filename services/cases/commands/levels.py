"""实名等级: how surely the item wants to know who applies."""

from services.cases.commands.problems import StepUpRequired
from services.cases.domain.item import PinnedItem
from shared.auth import Subject
from shared.web.problems import Text


def sure_enough(subject: Subject, item: PinnedItem) -> bool:
    """Whether the login reaches the item's level."""
    return subject.acr >= item.real_name_level


def require_level(subject: Subject, item: PinnedItem) -> None:
    """The login must be as sure as the item asks (实名等级)."""
    needed = item.real_name_level
    if not sure_enough(subject, item):
        raise StepUpRequired(
            Text(
                f"该事项要求实名等级 {needed} 级，当前登录为 {subject.acr} 级。",
                f"The item needs real-name level {needed}; this login has {subject.acr}.",
            ),
            level=needed,
            acr=f"urn:tongban:acr:l{needed}",
        )
