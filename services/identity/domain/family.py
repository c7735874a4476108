"""Acting in the family: a parent for a child under 14, a relative for who asked him to."""

from collections.abc import Collection
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from services.identity.domain.delegations import Delegation, Principal, check_dates, scope_of
from services.identity.domain.errors import Invalid, NotAllowed

# Personal Information Protection Law, article 31; Civil Code, article 17.
CHILD_UNTIL = 14
OF_AGE = 18
LOWEST_LEVEL = 2


def birthday(birth: date, years: int) -> date:
    """The day on which somebody completes so many years; who was born on 29 February on 1 March."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def require_level(level: int) -> None:
    """Who acts for others, or lets others act for him, is known by name and number."""
    if level < LOWEST_LEVEL:
        raise NotAllowed(
            "请先完成二级实名认证（姓名和身份证号）。",
            "Prove your name and identity number first (level 2).",
        )


def guardianship(
    *, id_: str, child: str, birth: date, guardian: str, now: datetime, zone: str
) -> Delegation:
    """A guardian's authority, proved by a register or a window; it ends by itself at fourteen."""
    if child == guardian:
        raise Invalid("id_number", "不能是本人。", "That is yourself.")
    ends = datetime.combine(birthday(birth, CHILD_UNTIL), time.min, ZoneInfo(zone))
    if ends <= now:
        raise NotAllowed(
            "年满十四周岁的，请由本人办理或书面委托。",
            "Who is fourteen or older acts for himself, or gives a written authority.",
        )
    return Delegation(
        id=id_,
        basis="guardian",
        principal=Principal("person", child),
        agent=guardian,
        items=None,
        valid_from=now,
        valid_until=ends,
        accepted_at=now,
    )


def check_of_age(birth: date | None, today: date) -> None:
    """Only who is of age lets another act for him."""
    if birth is None or birthday(birth, OF_AGE) > today:
        raise NotAllowed(
            "未成年人不能委托他人代办。", "Who is under age cannot let another act for him."
        )


def entrusted(
    *,
    id_: str,
    principal: str,
    agent: str,
    items: Collection[str] | None,
    valid_until: datetime,
    now: datetime,
    accepted_at: datetime | None,
) -> Delegation:
    """A relative's authority, given by the person himself for what he names."""
    if principal == agent:
        raise Invalid("agent", "不能授权给自己。", "Nobody delegates to himself.")
    check_dates(now, valid_until, now)
    return Delegation(
        id=id_,
        basis="relative",
        principal=Principal("person", principal),
        agent=agent,
        items=scope_of(items),
        valid_from=now,
        valid_until=valid_until,
        accepted_at=accepted_at,
    )
