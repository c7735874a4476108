"""A person who closed the account leaves nothing that says more than an opaque id."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands import Retention
from shared.events import Envelope, Handler, Received

PERSON_CLOSED = "tongban.identity.person_closed.v1"


class PersonClosed(Received):
    """Who."""

    person: str


def erase_person(retention: Retention) -> Handler:
    """The handler of such a closing."""

    async def handle(tx: AsyncConnection, envelope: Envelope) -> None:
        await retention.erase(tx, envelope.read(PersonClosed).person)

    return handle
