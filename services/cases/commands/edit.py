"""Changing the form of a draft."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.commands.asking import Asking
from services.cases.commands.forms import check_form
from services.cases.commands.office import Office, Open, Told
from services.cases.commands.settling import prefilled
from services.cases.domain import Act, Moment
from shared.web.idempotency import Answer


async def edit(
    tx: AsyncConnection,
    office: Office,
    number: str,
    asking: Asking,
    form: Mapping[str, Any],
    calls: Mapping[str, str],
    moment: Moment,
) -> Answer:
    """Replace the draft's form; it may be unfinished, but not of the wrong kind."""

    def do(opened: Open) -> Told:
        opened.case.edit()
        check_form(opened.item, form, draft=True, language=asking.language)
        sealed = office.papers.seal_form(opened.case.id, form)
        return Told(kept={"form": sealed, "provenance": prefilled(opened.item, calls)})

    return await office.act(tx, number, asking, Act.SUBMIT, do, moment, named="edit")
