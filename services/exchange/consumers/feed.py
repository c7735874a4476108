"""Every event that concerns a department, or everybody, goes into the feed and the queues."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands import queue_event
from services.exchange.policy import EVERYONE
from services.exchange.store import Feed
from shared.events import Envelope, Received, service_of

PUBLISHERS = ("cases", "catalogue", "exchange", "identity")
_PUBLIC = frozenset({"tongban.exchange.resource_published.v1"})


class OfDepartments(Received):
    """What events of exchange and identity say of the departments they concern."""

    owner: str | None = None
    department: str | None = None


class CaseFacts(Received):
    """What we read of a case's facts."""

    department: str


class OfCase(Received):
    """The beginning of every case event."""

    case: CaseFacts


async def feed_event(tx: AsyncConnection, envelope: Envelope) -> None:
    """Append the event for its audiences, and queue it; one that concerns nobody is left out."""
    positions = await Feed(tx).append(audiences(envelope), envelope.type, envelope.encode())
    await queue_event(tx, envelope, positions)


def audiences(envelope: Envelope) -> set[str]:
    """Whom an event concerns: departments by their codes, or everyone."""
    service = service_of(envelope.type)
    if service == "catalogue" or envelope.type in _PUBLIC:
        return {EVERYONE}
    if service == "cases":
        return {envelope.read(OfCase).case.department}
    named: Any = envelope.read(OfDepartments)
    return {one for one in (named.owner, named.department) if one}
