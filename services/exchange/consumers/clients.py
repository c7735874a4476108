"""What identity tells of client systems: whether they may follow their department's events."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands import Subscribing
from shared.events import Envelope, Handler, Received

CLIENT_REGISTERED = "tongban.identity.client_registered.v1"
_FOLLOW = "events.read"


class ClientRegistered(Received):
    """A client's department and scopes, as they are now; older events do not tell the scopes."""

    client: str
    department: str | None
    scopes: list[str] | None = None


def note_rights(subscribing: Subscribing) -> Handler:
    """The handler of a registration, which may take rights away."""

    async def handle(tx: AsyncConnection, envelope: Envelope) -> None:
        told = envelope.read(ClientRegistered)
        follows = told.scopes is None or _FOLLOW in told.scopes
        await subscribing.rights_told(tx, told.client, told.department, follows=follows)

    return handle
