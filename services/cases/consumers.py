"""What cases hears: of the catalogue which items it has, of identity who closed the account."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.commands.items import Items
from services.cases.commands.leavers import Leavers
from services.cases.store import items as store
from shared.events import Envelope, Fetching, Handler, Received

_WITH_GUIDE = "published"


class ItemPublished(Received):
    """A version of an item is in force from a date."""

    code: str
    version: int
    effective: date
    status: str


class ItemWithdrawn(Received):
    """An item can no longer be applied for."""

    code: str


class PersonClosed(Received):
    """A person closed the account."""

    person: str


def people_handlers(leavers: Leavers) -> Mapping[str, Handler | Fetching]:
    """What becomes of the cases of who has left."""

    async def closed(tx: AsyncConnection, envelope: Envelope) -> None:
        await leavers.erase(tx, envelope.read(PersonClosed).person)

    return {"tongban.identity.person_closed.v1": closed}


def handlers(items: Items) -> Mapping[str, Handler | Fetching]:
    """The handlers by event type."""

    async def text(envelope: Envelope) -> dict[str, Any] | None:
        # What is only listed is never applied for here, so its text is not needed.
        told = envelope.read(ItemPublished)
        return await items.text(told.code, told.version) if told.status == _WITH_GUIDE else None

    async def published(
        tx: AsyncConnection, envelope: Envelope, item: dict[str, Any] | None
    ) -> None:
        told = envelope.read(ItemPublished)
        await store.announce(tx, told.code, told.version, told.effective)
        await store.set_state(tx, told.code, told.status)
        if item is not None:
            await store.keep(tx, told.code, told.version, item)

    async def withdrawn(tx: AsyncConnection, envelope: Envelope) -> None:
        await store.set_state(tx, envelope.read(ItemWithdrawn).code, "withdrawn")

    return {
        "tongban.catalogue.item_published.v1": Fetching(text, published),
        "tongban.catalogue.item_withdrawn.v1": withdrawn,
    }
