"""Finding the version of an item that a new case is pinned to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.clients import Catalogue, NoSuchThing, Unreachable
from services.cases.commands.problems import CatalogueAway, ItemNotOpen
from services.cases.domain.item import PinnedItem
from services.cases.store import items as store
from shared.db import Database
from shared.web.problems import NotFound, Problem, Text

_MOST_KEPT = 5000
_OPEN = "published"
_log = structlog.get_logger("cases.items")


@dataclass(frozen=True, slots=True)
class Found:
    """The version in force, or the problem to answer; raised only inside the command."""

    item: PinnedItem | None
    problem: Problem | None = None

    def unwrap(self) -> PinnedItem:
        """The version, or the problem."""
        if self.item is None:
            raise self.problem or AssertionError("neither an item nor a problem")
        return self.item


class Items:
    """Our copies of item versions, filled by events and on demand."""

    def __init__(self, db: Database, catalogue: Catalogue, today: Callable[[], date]) -> None:
        self._db = db
        self._catalogue = catalogue
        self._today = today
        self._kept: dict[tuple[str, int], PinnedItem] = {}

    async def pinned(self, tx: AsyncConnection, code: str, version: int) -> PinnedItem:
        """The version that a case has; it never changes, so it is read once."""
        item = self._kept.get((code, version)) or await store.pinned(tx, code, version)
        return self._remember(item)

    async def find(self, code: str) -> Found:
        """The version in force today, from our copy; the catalogue is asked for what is missing."""
        try:
            found = await self._copy(code)
            if found is None:
                code = await self._ask(code)
                found = await self._copy(code)
        except NoSuchThing:
            return Found(None, NotFound(_UNKNOWN))
        except Unreachable as error:
            await _log.awarning("the catalogue gave no item", item=code, error=str(error))
            return Found(None, CatalogueAway(_AWAY))
        return found if found is not None else Found(None, NotFound(_UNKNOWN))

    async def closed(self, connection: AsyncConnection, code: str) -> ItemNotOpen | None:
        """Why nobody applies for the item of a draft any more; None while it is open."""
        state = await store.state(connection, code)
        return None if state in (None, _OPEN) else _not_open(state)

    async def text(self, code: str, version: int) -> dict[str, Any]:
        """The text of a version that an event told of; Unreachable while the catalogue is away."""
        return await self._catalogue.version(code, version)

    async def _copy(self, code: str) -> Found | None:
        async with self._db.read() as connection:
            state = await store.state(connection, code)
            if state is None:
                return None
            there = await store.in_force(connection, code, self._today())
            first = await store.first_day(connection, code)
        if state != _OPEN:
            return Found(None, _not_open(state))
        if there is None:
            return Found(None, _not_yet(first)) if first else None
        version, item = there
        item = item or await self._fetch(code, version)
        if not item.appliable:
            return Found(None, _not_open("listed"))
        return Found(self._remember(item))

    async def _ask(self, code: str) -> str:
        """Ask the catalogue about an item that no event told us of; its implementation code."""
        summary = await self._catalogue.item(code)
        async with self._db.write() as tx:
            effective = summary.effective or self._today()
            await store.announce(tx, summary.code, summary.version, effective)
            await store.learn_state(tx, summary.code, summary.status)
        return summary.code

    async def _fetch(self, code: str, version: int) -> PinnedItem:
        text = await self._catalogue.version(code, version)
        async with self._db.write() as tx:
            await store.keep(tx, code, version, text)
            return await store.pinned(tx, code, version)

    def _remember(self, item: PinnedItem) -> PinnedItem:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        return self._kept.setdefault((item.code, item.version), item)


_UNKNOWN = Text("没有这个事项。", "There is no such item.")
_AWAY = Text(
    "事项目录暂时连不上，而本系统还没有这个事项的内容，请稍后再试。",
    "The catalogue cannot be reached, and the item's text is not here yet; try again later.",
)
_REASONS = {
    "listed": Text(
        "该事项仅列示，不在本平台受理。", "The item is listed only and not applied for here."
    ),
    "suspended": Text("该事项暂停办理。", "The item is suspended."),
    "withdrawn": Text("该事项已取消。", "The item was withdrawn."),
}


def _not_open(state: str) -> ItemNotOpen:
    text = _REASONS.get(state, Text("该事项现在不能申请。", "The item is not open."))
    return ItemNotOpen(text, reason=state)


def _not_yet(first: date) -> ItemNotOpen:
    text = Text(f"该事项自 {first} 起施行。", f"The item is in force from {first}.")
    return ItemNotOpen(text, reason="not_yet_in_force", effective=first.isoformat())
