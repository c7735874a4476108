"""特别程序: the clock stands while one of the procedures of Art. 45 runs."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Ground, Moment
from shared.web.idempotency import Answer


async def suspend(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    *,
    ground: Ground,
    days: int,
    reasons: str,
) -> Answer:
    """Begin a special procedure; the applicant is told how long it takes."""

    def do(opened: Open) -> Told:
        opened.case.suspend(moment, ground, days)
        facts_told = {"ground": ground.value, "told_days": days}
        return Told(
            lambda facts: events.CaseSuspended(case=facts, ground=ground.value, told_days=days),
            facts_told,
            {"reasons": reasons},
        )

    return await office.act(tx, number, asking, Act.SUSPEND, do, moment)


async def resume(
    tx: AsyncConnection, office: Office, number: str, asking: Asking, moment: Moment, note: str
) -> Answer:
    """End the special procedure; the clock goes on."""

    def do(opened: Open) -> Told:
        opened.case.resume(moment)
        ground = opened.case.stops[-1].ground.value
        return Told(
            lambda facts: events.CaseResumed(case=facts, ground=ground),
            {"ground": ground},
            {"note": note} if note else None,
        )

    return await office.act(tx, number, asking, Act.RESUME, do, moment)
