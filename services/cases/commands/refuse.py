"""不予受理: with the reason, the body to turn to and the remedies."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an application is not accepted, and what the applicant can do."""

    ground: str
    reasons: str
    remedies: str
    referral: str | None = None


async def refuse(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    refusal: Refusal,
) -> Answer:
    """Refuse to accept, within the five days."""

    def do(opened: Open) -> Told:
        opened.case.refuse(moment)
        return Told(
            lambda facts: events.CaseRefused(
                case=facts, ground=refusal.ground, referral=refusal.referral
            ),
            {"ground": refusal.ground, "referral": refusal.referral},
            {"reasons": refusal.reasons, "remedies": refusal.remedies},
        )

    return await office.act(tx, number, asking, Act.REFUSE, do, moment)
