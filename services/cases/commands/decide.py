"""办结: the decision, with reasons and remedies where it refuses (Art. 38)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment, Outcome
from shared.web.idempotency import Answer


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, in the words that the applicant gets."""

    outcome: Outcome
    result: str
    reasons: str
    remedies: str


async def decide(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    decision: Decision,
) -> Answer:
    """Decide; the decision has to be delivered within ten working days."""

    def do(opened: Open) -> Told:
        case = opened.case
        case.decide(moment, decision.outcome)
        late = case.due_promised is not None and moment.day > case.due_promised
        facts_told = {
            "outcome": decision.outcome.value,
            "decided_on": str(case.decided_on),
            "delivery_due": str(case.due_on),
            "late": late,
        }
        return Told(
            lambda facts: events.CaseDecided.model_validate({"case": facts, **facts_told}),
            facts_told,
            {
                "result": decision.result,
                "reasons": decision.reasons,
                "remedies": decision.remedies,
            },
        )

    return await office.act(tx, number, asking, Act.DECIDE, do, moment)
