"""送达: the decision reaches the applicant."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


async def deliver(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    *,
    means: str,
    note: str,
) -> Answer:
    """Record how the decision reached the applicant."""

    def do(opened: Open) -> Told:
        opened.case.deliver(moment)
        return Told(
            lambda facts: events.CaseDelivered(case=facts, means=means),
            {"means": means},
            {"note": note} if note else None,
        )

    return await office.act(tx, number, asking, Act.DELIVER, do, moment)
