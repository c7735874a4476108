"""撤回 by the applicant, before the decision."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


async def withdraw(
    tx: AsyncConnection, office: Office, number: str, asking: Asking, moment: Moment, reasons: str
) -> Answer:
    """Withdraw; a draft goes without a word to others."""

    def do(opened: Open) -> Told:
        private = opened.case.submitted_at is None
        opened.case.withdraw(moment)
        return Told(
            None if private else lambda facts: events.CaseWithdrawn(case=facts),
            {},
            {"reasons": reasons} if reasons else None,
        )

    return await office.act(tx, number, asking, Act.WITHDRAW, do, moment)
