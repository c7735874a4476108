"""What the first page shows."""

import asyncio
import time

from services.portal.clients import Catalogue, Json, Trouble

_FRESH_SECONDS = 60.0
_LOOK_AT = 100
_SHOWN = 8


class Home:
    """Items that can be done from end to end online, of as many departments as there are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._items: list[Json] = []
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def items(self) -> list[Json]:
        """The items, kept for a minute, and longer while the catalogue is away."""
        async with self._lock:  # asked for once, however many wait
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                try:
                    page = await self._catalogue.find(appliable="true", limit=_LOOK_AT)
                except Trouble:
                    if not self._items:
                        raise
                else:
                    self._items = spread(page["items"], _SHOWN)
                    self._read_at = time.monotonic()
        return self._items


def spread(items: list[Json], most: int) -> list[Json]:
    """Those without a visit first, and no department twice before each had its turn."""
    waiting = sorted(items, key=lambda item: -(item.get("online_depth") or 0))
    chosen: list[Json] = []
    while waiting and len(chosen) < most:
        seen: set[str] = set()
        later: list[Json] = []
        for item in waiting:
            department = item["department"]["name"]
            (later if department in seen else chosen).append(item)
            seen.add(department)
        waiting = later
    return chosen[:most]
