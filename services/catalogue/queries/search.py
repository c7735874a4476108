"""Find items: by words in the order of relevance, without words in the order of codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.domain.search import Synonyms, query_terms, rarity, relevance, why
from services.catalogue.store import ItemFilter, Items, Places
from shared.web import decode_cursor, encode_cursor

_COMMON = 0.5  # a term that more than this share of the items has says nothing
_WEAKEST = 0.15  # results below this share of the best one only make the list longer


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for."""

    words: str = ""
    region: str | None = None
    descendants: bool = False
    department: str | None = None
    audience: str | None = None
    theme: str | None = None
    appliable: bool = False


@dataclass(frozen=True)
class Found:
    """An item on a page, and what in it matched the words."""

    row: Row[Any]
    why: dict[str, str] | None = None


class Search:
    """Answers lists of items; the synonyms are the installation's."""

    def __init__(self, synonyms: Synonyms) -> None:
        self._synonyms = synonyms

    async def page(
        self, connection: AsyncConnection, wanted: Wanted, cursor: str | None, limit: int
    ) -> tuple[list[Found], str | None]:
        """One page, and the cursor of the next."""
        chosen = ItemFilter(
            regions=await _reach(connection, wanted),
            department=wanted.department,
            audience=wanted.audience,
            theme=wanted.theme,
            appliable=wanted.appliable,
        )
        if wanted.words.strip():
            return await self._by_words(connection, wanted.words, chosen, cursor, limit)
        behind = decode_cursor(cursor, str)[0] if cursor else None
        rows = await Items(connection).page(chosen, behind, limit + 1)
        following = encode_cursor([rows[limit - 1].code]) if len(rows) > limit else None
        return [Found(row) for row in rows[:limit]], following

    async def _by_words(
        self,
        connection: AsyncConnection,
        words: str,
        chosen: ItemFilter,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[Found], str | None]:
        ranked = await self._ranked(connection, words, chosen)
        if cursor:
            score, code = decode_cursor(cursor, float, str)
            ranked = [(s, c) for s, c in ranked if (-s, c) > (-score, code)]
        page = ranked[:limit]
        rows = await Items(connection).by_codes([code for _, code in page])
        found = [Found(rows[c], why(words, rows[c].item, self._synonyms)) for _, c in page]
        return found, encode_cursor(page[-1]) if len(ranked) > limit else None

    async def _ranked(
        self, connection: AsyncConnection, words: str, chosen: ItemFilter
    ) -> list[tuple[float, str]]:
        items = Items(connection)
        terms = query_terms(words, self._synonyms)
        rarities = _rarities(await items.holders(list(terms)), await items.count())
        held = await items.matches(list(rarities), chosen)
        scored = [(relevance(terms, rarities, weights), code) for code, weights in held.items()]
        scored.sort(key=lambda scored: (-scored[0], scored[1]))
        return [(s, c) for s, c in scored if s >= _WEAKEST * scored[0][0]]


def _rarities(holders: Mapping[str, int], total: int) -> dict[str, float]:
    telling = {t: n for t, n in holders.items() if n <= max(_COMMON * total, 1)} or dict(holders)
    return {term: rarity(total, number) for term, number in telling.items()}


async def _reach(connection: AsyncConnection, wanted: Wanted) -> Sequence[str] | None:
    """The regions whose items count: the wanted one, those above it, those below if asked."""
    if wanted.region is None:
        return None
    places = Places(connection)
    reach = await places.lineage(wanted.region)
    return reach + await places.below(wanted.region) if wanted.descendants else reach
