"""受理, by an officer or by the clock."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Case, Moment
from shared.web.idempotency import Answer


async def accept(
    tx: AsyncConnection, office: Office, number: str, asking: Asking, moment: Moment, note: str
) -> Answer:
    """Accept the application; the term for the decision runs."""

    def do(opened: Open) -> Told:
        return accepted(opened.case, moment, note, asking.identities)

    return await office.act(tx, number, asking, Act.ACCEPT, do, moment)


def accepted(case: Case, moment: Moment, note: str = "", by: Collection[str] = ()) -> Told:
    """Accept now, or as of the receipt when the five days are over (Art. 32)."""
    deemed = case.accept(moment, by)
    counted_from = str(case.counted_from)
    return Told(
        lambda facts: events.CaseAccepted.model_validate(
            {"case": facts, "counted_from": counted_from, "deemed": deemed}
        ),
        {"counted_from": counted_from, "deemed": deemed},
        {"note": note} if note else None,
    )
