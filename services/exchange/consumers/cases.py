"""What exchange remembers of cases: which department may ask about whom on their occasion."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.store import Cases
from shared.events import Envelope, Received

_TYPES = {"person": "person", "org": "organisation"}


class Item(Received):
    """The pinned item."""

    code: str


class CaseFacts(Received):
    """What we read of a case."""

    number: str
    status: str
    department: str
    item: Item


class Applicant(Received):
    """For whom the case is."""

    type: Literal["person", "org"]
    id: str


class CaseEvent(Received):
    """Any event of a case; only its submission names the applicant."""

    case: CaseFacts
    applicant: Applicant | None = None


async def remember_case(tx: AsyncConnection, envelope: Envelope) -> None:
    """Keep the case as the event leaves it."""
    event = envelope.read(CaseEvent)
    facts: dict[str, Any] = {
        "department": event.case.department,
        "item": event.case.item.code,
        "status": event.case.status,
    }
    if event.applicant is not None:
        facts |= {"party_type": _TYPES[event.applicant.type], "party": event.applicant.id}
    await Cases(tx).save(event.case.number, facts)
