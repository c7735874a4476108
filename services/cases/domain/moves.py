"""The allowed moves of a case, as one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.cases.domain.errors import ActNotAllowed


class Status(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"  # 暂存
    SUBMITTED = "submitted"  # 已申请
    CORRECTING = "correcting"  # 待补正
    ACCEPTED = "accepted"  # 已受理
    SUSPENDED = "suspended"  # 特别程序
    DECIDED = "decided"  # 已办结
    DELIVERED = "delivered"  # 已送达
    REFUSED = "refused"  # 不予受理
    WITHDRAWN = "withdrawn"  # 已撤回


class Act(StrEnum):
    """What can be done to a case; the value is the last part of its address."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    REFUSE = "refuse"
    REQUEST_CORRECTION = "request-correction"
    CORRECT = "correct"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    DECIDE = "decide"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"


_S = Status
MOVES: Mapping[Act, Mapping[Status, Status]] = MappingProxyType(
    {
        Act.SUBMIT: {_S.DRAFT: _S.SUBMITTED},
        Act.ACCEPT: {_S.SUBMITTED: _S.ACCEPTED},
        Act.REFUSE: {_S.SUBMITTED: _S.REFUSED},
        Act.REQUEST_CORRECTION: {_S.SUBMITTED: _S.CORRECTING},
        Act.CORRECT: {_S.CORRECTING: _S.SUBMITTED},
        Act.SUSPEND: {_S.ACCEPTED: _S.SUSPENDED},
        Act.RESUME: {_S.SUSPENDED: _S.ACCEPTED},
        Act.EXTEND: {_S.ACCEPTED: _S.ACCEPTED},
        Act.DECIDE: {_S.ACCEPTED: _S.DECIDED},
        Act.DELIVER: {_S.DECIDED: _S.DELIVERED},
        Act.WITHDRAW: {
            _S.DRAFT: _S.WITHDRAWN,
            _S.SUBMITTED: _S.WITHDRAWN,
            _S.CORRECTING: _S.WITHDRAWN,
            _S.ACCEPTED: _S.WITHDRAWN,
            _S.SUSPENDED: _S.WITHDRAWN,
        },
    }
)
OPEN = frozenset(Status) - {_S.DELIVERED, _S.REFUSED, _S.WITHDRAWN}


def allowed_acts(status: Status) -> tuple[Act, ...]:
    """The acts that fit a status."""
    return tuple(act for act, moves in MOVES.items() if status in moves)


def destination(act: Act, status: Status) -> Status:
    """Where the act leads; ActNotAllowed when it does not fit."""
    try:
        return MOVES[act][status]
    except KeyError:
        raise ActNotAllowed(act, status, allowed_acts(status)) from None
