"""Who may act for whom: by law, as an agent (经办人), as a child's guardian, as a relative."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.identity.domain.errors import Invalid, NotAllowed

Basis = Literal["legal_representative", "agent", "guardian", "relative"]
LONGEST = timedelta(days=3 * 366)
_MOST_ITEMS = 200
# Who represents another by law loses it with the fact, and not by a click.
BY_LAW: frozenset[Basis] = frozenset({"legal_representative", "guardian"})


@dataclass(frozen=True, slots=True)
class Principal:
    """For whom somebody acts."""

    type: Literal["person", "org"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """An authority to act for a principal; `items` None means every item.

    `accepted_at`: an agent is asked before he is one. `may_delegate`: he may name further agents
    within what he has himself, and theirs is then `under` his.
    """

    id: str
    basis: Basis
    principal: Principal
    agent: str
    items: frozenset[str] | None
    valid_from: datetime
    valid_until: datetime | None
    accepted_at: datetime | None
    may_delegate: bool = False
    under: str | None = None
    revoked_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        begun = self.valid_from <= now and self.accepted_at is not None
        return begun and not self.ended(now)

    def ended(self, now: datetime) -> bool:
        """Whether it is over for good."""
        return self.revoked_at is not None or (
            self.valid_until is not None and self.valid_until <= now
        )

    @property
    def grants(self) -> bool:
        """Whether its holder may name agents."""
        return self.basis == "legal_representative" or self.may_delegate


def grant(
    *,
    id_: str,
    granter: Delegation | None,
    agent: str,
    items: Collection[str] | None,
    valid_from: datetime,
    valid_until: datetime,
    may_delegate: bool = False,
    now: datetime,
) -> Delegation:
    """An offer to an agent, which holds when he accepts: within what the granter has himself."""
    if granter is None or not granter.active(now) or not granter.grants:
        raise NotAllowed(
            "只有该单位的法定代表人，或被允许转授权的经办人，可以授权经办人。",
            "Only the organisation's legal representative, or an agent who may, names agents.",
        )
    if agent == granter.agent:
        raise Invalid("agent", "不能授权给自己。", "Nobody delegates to himself.")
    check_dates(valid_from, valid_until, now)
    scope = scope_of(items)
    by_law = granter.basis == "legal_representative"
    if not by_law:
        _check_within(granter, scope, valid_from, valid_until)
    return Delegation(
        id=id_,
        basis="agent",
        principal=granter.principal,
        agent=agent,
        items=scope,
        valid_from=valid_from,
        valid_until=valid_until,
        accepted_at=None,
        may_delegate=may_delegate and by_law,  # one step, so that everybody sees who gave what
        under=None if by_law else granter.id,
    )


def _check_within(
    granter: Delegation,
    items: frozenset[str] | None,
    valid_from: datetime,
    valid_until: datetime,
) -> None:
    """Nobody grants more than he has."""
    if granter.items is not None and (items is None or not items <= granter.items):
        raise NotAllowed(
            "不能授出自己没有的事项。", "Nobody grants items that he does not have himself."
        )
    if granter.valid_until is not None and valid_until > granter.valid_until:
        raise NotAllowed(
            "授权不能比自己的期限更长。", "Nobody grants for longer than he has it himself."
        )
    if valid_from < granter.valid_from:
        raise NotAllowed(
            "授权不能早于自己的起始时间。", "Nobody grants from before he has it himself."
        )


def scope_of(items: Collection[str] | None) -> frozenset[str] | None:
    """The items that an authority names; None for all."""
    if items is not None and not 0 < len(items) <= _MOST_ITEMS:
        raise Invalid(
            "items",
            f"请列出 1–{_MOST_ITEMS} 个事项，或不填表示全部事项。",
            f"Name 1 to {_MOST_ITEMS} items, or leave them out for all.",
        )
    return None if items is None else frozenset(items)


def check_dates(valid_from: datetime, valid_until: datetime, now: datetime) -> None:
    """It ends after it begins, and not too late."""
    if valid_until <= max(valid_from, now):
        raise Invalid(
            "valid_until",
            "截止时间应晚于起始时间和现在。",
            "It must end after it begins, and later than now.",
        )
    if valid_until - valid_from > LONGEST:
        raise Invalid("valid_until", "授权最长三年。", "A delegation lasts three years at most.")


def may_accept(delegation: Delegation, person: str, now: datetime) -> None:
    """The agent whom it names, while the offer stands."""
    if person != delegation.agent:
        raise NotAllowed("只有被授权的本人可以接受。", "Only the agent himself accepts.")
    if delegation.accepted_at is None and delegation.ended(now):
        raise NotAllowed("这项授权已失效。", "This delegation is over.")


def may_revoke(delegation: Delegation, person: str, represents: bool) -> None:
    """Whose authority it is takes it back, and the agent may lay it down."""
    if delegation.basis in BY_LAW:
        raise NotAllowed(
            "法定代表人和监护人的权限随登记变更，不能在此撤销。",
            "A legal representative or guardian changes with the register, not here.",
        )
    if person != delegation.agent and not represents:
        raise NotAllowed("只有授权人和经办人本人可以撤销。", "Only granter and agent may end it.")
