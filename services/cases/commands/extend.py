"""延长审批 (Art. 42): once, ten working days at most, approved by who extends."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


async def extend(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    *,
    days: int,
    reasons: str,
) -> Answer:
    """Extend the term for the decision; the applicant is told why."""
    approver = asking.actor

    def do(opened: Open) -> Told:
        opened.case.extend(moment, days)
        return Told(
            lambda facts: events.CaseExtended(case=facts, days=days, approver=approver),
            {"days": days, "approver": approver},
            {"reasons": reasons},
        )

    return await office.act(tx, number, asking, Act.EXTEND, do, moment)
