"""Items, their guides and forms; regions and departments."""

from typing import Any
from urllib.parse import quote

from services.portal.clients.gateway import Json, Service


class Catalogue(Service):
    """The catalogue's public API."""

    prefix = "catalogue"

    async def find(self, *, language: str = "zh", **wanted: Any) -> Json:
        """A page of items: `q`, `region`, `descendants`, `audience`, `theme`, `appliable` …"""
        return await self.ask("GET", "/items", params=wanted, language=language)

    async def item(self, code: str, language: str = "zh") -> Json:
        """An item with its guide."""
        return await self.ask("GET", f"/items/{quoted(code)}", language=language)

    async def version(self, code: str, version: int) -> Json:
        """One version as it stays for ever."""
        answer = await self.ask("GET", f"/items/{quoted(code)}/versions/{version}")
        item: Json = answer["item"]
        return item

    async def regions(self) -> list[Json]:
        """Every region."""
        rows: list[Json] = (await self.ask("GET", "/regions"))["items"]
        return rows

    async def departments(self) -> list[Json]:
        """Every department."""
        rows: list[Json] = (await self.ask("GET", "/departments"))["items"]
        return rows


def quoted(code: str) -> str:
    """A code as one segment of a path."""
    return quote(code, safe="")
