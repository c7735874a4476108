"""一次性告知补正: everything that is missing is told at once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases import events
from services.cases.commands.asking import Asking
from services.cases.commands.office import Office, Open, Told
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


async def request_correction(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    moment: Moment,
    *,
    fields: Sequence[str],
    materials: Sequence[str],
    reasons: str,
) -> Answer:
    """Tell what has to be corrected; a second notice is possible, and marked as a breach."""

    def do(opened: Open) -> Told:
        item = opened.item
        asked = [*(f"form/{f}" for f in fields), *(f"materials/{m}" for m in materials)]
        known = {f"form/{f}" for f in item.fields} | {f"materials/{m}" for m in item.materials}
        repeated = opened.case.request_correction(moment, asked, known)
        named = {"fields": list(fields), "materials": list(materials), "repeated": repeated}
        return Told(
            lambda facts: events.CorrectionRequested.model_validate({"case": facts, **named}),
            named,
            {"reasons": reasons},
        )

    return await office.act(tx, number, asking, Act.REQUEST_CORRECTION, do, moment)
