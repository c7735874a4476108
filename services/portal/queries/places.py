"""Regions and departments, which change rarely and are shown often."""

import asyncio
import time
from dataclasses import dataclass

from services.portal.clients import Catalogue, Json, Trouble

_FRESH_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Map:
    """Every region and department."""

    regions: list[Json]
    departments: list[Json]

    def region(self, code: str) -> str:
        """A region's name, or its code when it is not known."""
        return next((one["name"] for one in self.regions if one["code"] == code), code)

    def department(self, code: str) -> str:
        """A department's name, or its code when it is not known."""
        return next((one["name"] for one in self.departments if one["code"] == code), code)


class Places:
    """The map, kept for some minutes; an old one serves while the catalogue is away."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._map: Map | None = None
        self._read_at = float("-inf")

    async def map(self) -> Map:
        """The map; raises Trouble only when none was ever read."""
        if self._map is None or time.monotonic() - self._read_at > _FRESH_SECONDS:
            try:
                regions, departments = await asyncio.gather(
                    self._catalogue.regions(), self._catalogue.departments()
                )
                self._map, self._read_at = Map(regions, departments), time.monotonic()
            except Trouble:
                if self._map is None:
                    raise
        return self._map

    async def map_or_empty(self) -> Map:
        """The map; nothing is known while the catalogue is away."""
        try:
            return await self.map()
        except Trouble:
            return Map([], [])
