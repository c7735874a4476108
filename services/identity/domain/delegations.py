"""Who may act for whom: legal representatives by law, agents (经办人) by delegation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.identity.domain.errors import Invalid, NotAllowed

Basis = Literal["legal_representative", "agent"]
LONGEST = timedelta(days=3 * 366)
_MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Delegation:
    """An authority to act for an organisation; `items` None means every item."""

    id: str
    basis: Basis
    organisation: str
    agent: str
    items: frozenset[str] | None
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        begun = self.valid_from <= now
        ended = self.valid_until is not None and self.valid_until <= now
        return begun and not ended and self.revoked_at is None


def grant(
    *,
    id_: str,
    granter: Delegation | None,
    organisation: str,
    agent: str,
    items: Collection[str] | None,
    valid_from: datetime,
    valid_until: datetime,
    now: datetime,
) -> Delegation:
    """A new delegation: only who represents the whole organisation by law gives one."""
    if granter is None or not granter.active(now) or granter.basis != "legal_representative":
        raise NotAllowed(
            "只有该单位的法定代表人可以授权经办人。",
            "Only the organisation's legal representative names agents.",
        )
    if agent == granter.agent:
        raise Invalid("agent", "不能授权给自己。", "Nobody delegates to himself.")
    _check_dates(valid_from, valid_until, now)
    if items is not None and not 0 < len(items) <= _MOST_ITEMS:
        raise Invalid(
            "items",
            f"请列出 1–{_MOST_ITEMS} 个事项，或不填表示全部事项。",
            f"Name 1 to {_MOST_ITEMS} items, or leave them out for all.",
        )
    scope = None if items is None else frozenset(items)
    return Delegation(id_, "agent", organisation, agent, scope, valid_from, valid_until)


def _check_dates(valid_from: datetime, valid_until: datetime, now: datetime) -> None:
    if valid_until <= max(valid_from, now):
        raise Invalid(
            "valid_until",
            "截止时间应晚于起始时间和现在。",
            "It must end after it begins, and later than now.",
        )
    if valid_until - valid_from > LONGEST:
        raise Invalid("valid_until", "授权最长三年。", "A delegation lasts three years at most.")


def may_revoke(delegation: Delegation, person: str, represents: bool) -> None:
    """The legal representative takes it back, and the agent may lay it down."""
    if delegation.basis != "agent":
        raise NotAllowed(
            "法定代表人的权限随登记变更，不能在此撤销。",
            "A legal representative changes with the register, not here.",
        )
    if person != delegation.agent and not represents:
        raise NotAllowed("只有授权人和经办人本人可以撤销。", "Only granter and agent may end it.")
