"""The Merkle tree in tiles of 256 hashes: appending and proving read a handful of rows.

A tile of level n holds hashes of height 8n; what lies between two levels is computed. A million
leaves are 3,924 rows, and a proof reads at most two of each level.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Table, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.evidence.merkle import Range, complete_subtrees
from shared.evidence.verify import HASH_BYTES, fold, node_hash

_TILE_HEIGHT = 8
_TILE_HASHES = 1 << _TILE_HEIGHT

_Tile = tuple[int, int]
"""Level and number."""


class Tree:
    """The stored tree; its size is what the last checkpoint says."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def append(self, tx: AsyncConnection, size: int, leaves: Sequence[bytes]) -> None:
        """Add leaves to a tree of `size` leaves, and the hashes above them as tiles fill up."""
        level, first, hashes = 0, size, list(leaves)
        while hashes:
            hashes = await self._extend(tx, level, first, hashes)
            first >>= _TILE_HEIGHT
            level += 1

    async def roots(self, connection: AsyncConnection, parts: Iterable[Range]) -> list[bytes]:
        """The root of each part of the tree."""
        wanted = [list(complete_subtrees(part)) for part in parts]
        tiles = await self._read(connection, {_place(*node)[0] for part in wanted for node in part})
        return [fold([_hash(tiles, *node) for node in part]) for part in wanted]

    async def root(self, connection: AsyncConnection, size: int) -> bytes:
        """The root of the tree as it was with `size` leaves."""
        return (await self.roots(connection, [(0, size)]))[0]

    async def _extend(
        self, tx: AsyncConnection, level: int, first: int, hashes: list[bytes]
    ) -> list[bytes]:
        """Append at one level; the roots of the tiles that became full."""
        number, begun = divmod(first, _TILE_HASHES)
        old = (await self._read(tx, {(level, number)}))[level, number] if begun else b""
        content = old[: begun * HASH_BYTES] + b"".join(hashes)
        step = _TILE_HASHES * HASH_BYTES
        tiles = [content[at : at + step] for at in range(0, len(content), step)]
        if begun:
            await self._replace(tx, level, number, tiles[0])
        if fresh := [
            {"level": level, "number": number + n, "hashes": tile}
            for n, tile in enumerate(tiles)
            if n or not begun
        ]:
            await tx.execute(insert(self._table), fresh)
        return [_join(_split(tile)) for tile in tiles if len(tile) == step]

    async def _replace(self, tx: AsyncConnection, level: int, number: int, tile: bytes) -> None:
        columns = self._table.c
        await tx.execute(
            update(self._table)
            .where(columns.level == level, columns.number == number)
            .values(hashes=tile)
        )

    async def _read(self, connection: AsyncConnection, wanted: set[_Tile]) -> dict[_Tile, bytes]:
        """The wanted tiles; one that is missing is empty, and shows as a wrong root."""
        columns = self._table.c
        found = await connection.execute(
            select(self._table).where(tuple_(columns.level, columns.number).in_(sorted(wanted)))
        )
        tiles = {(row.level, row.number): bytes(row.hashes) for row in found}
        return {tile: tiles.get(tile, b"") for tile in wanted}


def _place(height: int, index: int) -> tuple[_Tile, int, int]:
    """The tile that a node is computed from, and the hashes in it: from, to."""
    level, above = divmod(height, _TILE_HEIGHT)
    number, offset = divmod(index << above, _TILE_HASHES)
    return (level, number), offset, offset + (1 << above)


def _hash(tiles: dict[_Tile, bytes], height: int, index: int) -> bytes:
    tile, start, end = _place(height, index)
    return _join(_split(tiles[tile][start * HASH_BYTES : end * HASH_BYTES]))


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def _join(hashes: list[bytes]) -> bytes:
    """The root of a complete subtree; nothing where hashes are missing."""
    while len(hashes) > 1:
        hashes = [node_hash(a, b) for a, b in zip(hashes[::2], hashes[1::2], strict=False)]
    return hashes[0] if hashes else b""
