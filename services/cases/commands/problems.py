"""Why cases says no, as problems that a client can act on.

Problem
├── 403 StepUpRequired        the login is weaker than the item needs
├── 403 SeparateDuties        who accepted the case does not decide it
├── 409 ActNotOpen            the act does not fit the status (or its time is over)
├── 409 ItemNotOpen           the item cannot be applied for now
├── 422 InvalidFields         the form, field by field
├── 422 OutsideItemVersion    a notice asks for what the pinned version does not
└── 503 CatalogueAway         the item's text is not here yet, and the catalogue is away
"""

from collections.abc import Iterator
from contextlib import contextmanager

from services.cases.domain import (
    ActNotAllowed,
    AlreadyExtended,
    CaseError,
    NothingToCorrect,
    OutsideTheVersion,
    TimeLapsed,
)
from services.cases.policy import ACCEPTED_IT
from shared.policy import Denied
from shared.web.problems import (
    Conflict,
    Forbidden,
    ServiceUnavailable,
    Text,
    UnprocessableContent,
)


class StepUpRequired(Forbidden):
    """The login is not sure enough for this item; `level` says what is needed."""

    slug = "step-up-required"
    title = Text("需要更高的实名等级", "A surer login is required")
    remedy = Text("按所需等级重新认证后再办", "Log in again at the level that is named")


class SeparateDuties(Forbidden):
    """The item keeps duties apart: who accepted the case does not decide it."""

    slug = "separate-duties"
    title = Text("受理人不能审批同一办件", "Who accepted it does not decide it")
    remedy = Text("请由另一位审批人作出决定", "Another officer of the department decides")


class ActNotOpen(Conflict):
    """The act does not fit where the case stands; `allowed` lists what does."""

    slug = "act-not-allowed"
    title = Text("办件当前状态不能这样办", "The act does not fit the case's status")


class ItemNotOpen(Conflict):
    """The item cannot be applied for now; `reason` says why."""

    slug = "item-not-open"
    title = Text("该事项现在不能申请", "The item cannot be applied for now")
    remedy = Text(
        "查看办事指南，或按指南到窗口咨询", "See the guide, or ask at the counter it names"
    )


class OutsideItemVersion(UnprocessableContent):
    """A correction may only ask for what the pinned version of the item has."""

    slug = "outside-item-version"
    title = Text("补正内容超出事项清单", "The notice asks for more than the item does")
    remedy = Text("只列清单内的材料和字段", "Name only fields and materials of the version")


class CatalogueAway(ServiceUnavailable):
    """The catalogue is away, and we have no copy of the item yet."""

    slug = "catalogue-unavailable"
    title = Text("暂时取不到事项内容", "The item's text cannot be fetched for now")


@contextmanager
def duties_apart() -> Iterator[None]:
    """Say what to do where the policy keeps who accepted from deciding."""
    try:
        yield
    except Denied as denied:
        if denied.reason == ACCEPTED_IT:
            raise SeparateDuties(_APART, reason=ACCEPTED_IT) from denied
        raise


@contextmanager
def telling() -> Iterator[None]:
    """Turn a refusal of the domain into a problem."""
    try:
        yield
    except ActNotAllowed as error:
        raise _not_open(error) from error
    except TimeLapsed as error:
        raise ActNotOpen(_LAPSED, reason="deemed_accepted") from error
    except AlreadyExtended as error:
        raise ActNotOpen(_EXTENDED, reason="already_extended") from error
    except OutsideTheVersion as error:
        raise OutsideItemVersion(_OUTSIDE, unknown=list(error.unknown)) from error
    except NothingToCorrect as error:
        raise OutsideItemVersion(_NOTHING, unknown=[]) from error
    except CaseError as error:
        raise Conflict(str(error)) from error


_APART = Text(
    "该事项实行审受分离：你（或你代理的岗位）受理了这个办件，不能再作决定。",
    "This item keeps duties apart: you, or the office you fill, accepted the case.",
)
_LAPSED = Text(
    "五个工作日内没有答复，依照行政许可法第三十二条，该申请自收到材料之日起即为受理。",
    "Nobody answered within five working days, so the application counts as accepted (Art. 32).",
)
_EXTENDED = Text("办理期限只能延长一次。", "The time for the decision is extended once only.")
_OUTSIDE = Text(
    "补正通知只能列出本版事项清单里的材料和字段。",
    "A correction notice names only fields and materials of the pinned item version.",
)
_NOTHING = Text(
    "请列出需要补正的材料或字段。", "Name the fields or materials that have to be corrected."
)


def _not_open(error: ActNotAllowed) -> ActNotOpen:
    allowed = "、".join(error.allowed) or "无"
    return ActNotOpen(
        Text(
            f"办件状态为 {error.status}，不能 {error.act}；可以：{allowed}。",
            f"The case is {error.status}: {error.act} does not fit; what does: "
            f"{', '.join(error.allowed) or 'nothing'}.",
        ),
        status_now=error.status,
        allowed=list(error.allowed),
    )
