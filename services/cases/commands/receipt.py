"""What an act answers: where the case stands now, and nothing personal (it is kept for retries)."""

from datetime import date, datetime

from pydantic import BaseModel

from services.cases.domain import Act, Case, allowed_acts
from services.cases.events import Due, PinnedItem
from shared.web.idempotency import Answer
from shared.web.preconditions import etag


class Receipt(BaseModel):
    """A case after an act: its number, status and version, and what fits next."""

    number: str
    status: str
    version: int
    item: PinnedItem
    due: Due
    due_next: date | None
    at: datetime
    fits: list[Act]


def receipt(case: Case, at: datetime, *, status: int = 200) -> Answer:
    """The answer of a command, with the entity tag of the new version."""
    body = Receipt(
        number=case.number,
        status=case.status,
        version=case.version,
        item=PinnedItem(code=case.item_code, version=case.item_version),
        due=Due(promised=case.due_promised, statutory=case.due_statutory),
        due_next=case.due_on,
        at=at,
        fits=list(allowed_acts(case.status)),
    )
    headers = {"ETag": etag(case.version)}
    if status == 201:  # noqa: PLR2004 - Created
        headers["Location"] = f"/api/cases/v1/cases/{case.number}"  # as outsiders reach it
    return Answer(status, body, headers)
