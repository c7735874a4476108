"""The acts that the page of an office offers, and doing one of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.deputations import Absence
from services.identity.commands.provider import Provider
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.policy import StaffRecord, policy
from services.identity.queries.staff import ADMINISTRATION, record_of
from services.identity.store import deputations, staff
from services.identity.store.staff import Held
from shared.auth import Subject

# What a form calls the act, and what the policy calls it.
ACTS: Mapping[str, str] = {
    "grant-role": "grant_role",
    "take-role": "take_role",
    "activate": "activate_staff",
    "deactivate": "deactivate_staff",
    "depute": "depute_staff",
    "end-deputation": "depute_staff",
}
_DAY_ENDS = time(23, 59, 59)


def allowed_acts(subjects: Sequence[Subject], record: StaffRecord, held: Held) -> frozenset[str]:
    """The acts that make sense now and are allowed in one of these offices."""
    fitting = set(ACTS) - ({"activate"} if held.active else {"deactivate", "depute"})
    return frozenset(act for act in fitting if _who(subjects, act, record) is not None)


async def do(
    provider: Provider, subjects: Sequence[Subject], id_: str, act: str, fields: Mapping[str, str]
) -> None:
    """One act in one transaction; a rule of the domain says why not."""
    async with provider.db.write() as tx:
        held = await staff.lock_staff(tx, id_)
        record = await record_of(tx, held) if held is not None else None
        subject = _who(subjects, act, record) if record is not None else None
        if held is None or subject is None:
            raise NotAllowed("你没有办理此事的权限。", "This is not yours to do.")
        await _done(provider, tx, held, act, fields, subject.sub)


async def _done(
    provider: Provider,
    tx: AsyncConnection,
    held: Held,
    act: str,
    fields: Mapping[str, str],
    by: str,
) -> None:
    offices, role = provider.offices, fields.get("role", "")
    if act == "grant-role":
        await offices.grant_role(tx, held, role, by=by)
    elif act == "take-role":
        await offices.take_role(tx, held, role, by=by)
    elif act == "activate":
        await offices.activate(tx, held, by=by)
    elif act == "deactivate":
        await offices.deactivate(tx, held.office.id, by=by)
    elif act == "depute":
        ends = _day(fields.get("until", ""), provider.settings.timezone)
        absence = Absence(fields.get("deputy", ""), None, ends)
        await provider.deputations.name(tx, held, absence, by=by)
    else:
        await _end(provider, tx, held, fields.get("deputation", ""), by)


async def _end(provider: Provider, tx: AsyncConnection, held: Held, id_: str, by: str) -> None:
    found = await deputations.lock_deputation(tx, id_)
    if found is None or found.office != held.office.id or found.ended_at is not None:
        raise NotAllowed("没有这项代理。", "There is no such deputation.")
    await provider.deputations.end(tx, found, by=by)


def _day(text: str, timezone: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), _DAY_ENDS, ZoneInfo(timezone))
    except ValueError:
        raise Invalid("until", "请填写结束日期。", "Give the last day.") from None


def _who(subjects: Sequence[Subject], act: str, record: StaffRecord) -> Subject | None:
    """The office in which the act is allowed."""
    allowed = (
        one for one in subjects if policy.decide(one, ACTS[act], record, ADMINISTRATION).allowed
    )
    return next(allowed, None)
