"""Deputies during an absence (代理、AB 角): for a time, in the same department, never for more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.roles import Roles, in_conflict
from services.identity.domain.staff import InPlaceOf, Staff

LONGEST = timedelta(days=183)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputation:
    """Who fills whose office, with which of its roles, from when until when."""

    id: str
    office: str
    deputy: str
    roles: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.ended_at is None and self.begins_at <= now < self.ends_at


def passed_on(
    given: Iterable[str], office: Collection[str], deputys: Collection[str], roles: Roles
) -> tuple[str, ...]:
    """The roles that a deputy has in the office: it has them now, they pass on, and none is in
    conflict with a role that the deputy holds anywhere.
    """
    return tuple(
        code
        for code in dict.fromkeys(given)
        if code in office
        and code in roles
        and roles[code].passes
        and not any(in_conflict(code, own, roles) for own in deputys)
    )


def depute(
    *,
    id_: str,
    office: Staff,
    deputy: Staff,
    deputys_roles: Collection[str],
    asked: Collection[str] | None,
    begins_at: datetime,
    ends_at: datetime,
    roles: Roles,
    now: datetime,
) -> Deputation:
    """A deputation as the rules allow it; `deputys_roles` are those of all his offices."""
    if deputy.person == office.person:
        raise Invalid("deputy", "不能由本人代理自己。", "Nobody is his own deputy.")
    if deputy.department != office.department:
        raise Invalid(
            "deputy", "代理人须是同一部门的工作人员。", "A deputy is of the same department."
        )
    _check_dates(begins_at, ends_at, now)
    wanted = tuple(office.roles if asked is None else asked)
    if excess := [code for code in wanted if code not in office.roles]:
        raise NotAllowed(
            f"本岗位没有角色 {excess[0]}，不能交出。",
            f"The office does not have {excess[0]}: nobody passes on more than he has.",
        )
    passed = passed_on(wanted, office.roles, deputys_roles, roles)
    held_back = [code for code in wanted if code not in passed]
    if not passed or (asked is not None and held_back):
        named = roles[held_back[0]] if held_back and held_back[0] in roles else None
        raise NotAllowed(
            f"{named.zh if named else '本岗位'}的职责不能由此人代理。",
            f"This deputy cannot take over: {named.en if named else 'the office has no roles'}.",
        )
    return Deputation(
        id=id_,
        office=office.id,
        deputy=deputy.id,
        roles=passed,
        begins_at=begins_at,
        ends_at=_first(ends_at, office.ends_at, deputy.ends_at),
    )


def filled_by(
    deputation: Deputation,
    office: Staff,
    deputy: Staff,
    deputys_roles: Collection[str],
    roles: Roles,
) -> Staff | None:
    """The office as its deputy has it now; None when nothing of it is left for him."""
    passed = passed_on(deputation.roles, office.roles, deputys_roles, roles)
    if not passed or office.department != deputy.department:
        return None
    return Staff(
        deputy.id,
        deputy.person,
        office.department,
        office.region,
        office.positions,
        passed,
        _first(deputation.ends_at, office.ends_at, deputy.ends_at),
        InPlaceOf(office.id, deputation.id),
    )


def _first(end: datetime, *others: datetime | None) -> datetime:
    return min([end, *(one for one in others if one is not None)])


def _check_dates(begins_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= max(begins_at, now):
        raise Invalid(
            "ends_at",
            "截止时间应晚于起始时间和现在。",
            "It must end after it begins, and later than now.",
        )
    if ends_at - begins_at > LONGEST:
        raise Invalid("ends_at", "代理最长半年。", "An absence is half a year at most.")
