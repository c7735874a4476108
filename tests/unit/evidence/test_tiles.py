from itertools import pairwise

import pytest
from sqlalchemy import func, select

from shared.evidence.merkle import consistency_parts, inclusion_parts
from shared.evidence.tiles import Tree
from shared.evidence.verify import (
    Frontier,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.support.ledger import Ledger

SIZES = [0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 900, 65_537]
LEAVES = [leaf_hash(n.to_bytes(4)) for n in range(SIZES[-1])]


@pytest.fixture(scope="module")
def roots() -> dict[int, bytes]:
    """The root at each size, from the accumulator that needs no tiles."""
    tree, found = Frontier(), {0: Frontier().root()}
    for leaf in LEAVES:
        tree.add(leaf)
        if tree.size in SIZES:
            found[tree.size] = tree.root()
    return found


@pytest.fixture
async def tree(ledger: Ledger) -> Tree:
    """Grown over every edge of a tile, on three levels in the end."""
    grown = Tree(ledger.tables.tiles)
    for old, new in pairwise(SIZES):
        async with ledger.db.write() as tx:
            await grown.append(tx, old, LEAVES[old:new])
    return grown


async def test_a_stored_tree_remembers_every_root_it_had(
    ledger: Ledger, tree: Tree, roots: dict[int, bytes]
) -> None:
    async with ledger.db.read() as connection:
        assert {size: await tree.root(connection, size) for size in SIZES} == roots


async def test_a_stored_tree_proves_every_leaf_and_every_older_tree(
    ledger: Ledger, tree: Tree, roots: dict[int, bytes]
) -> None:
    async with ledger.db.read() as connection:
        for size in SIZES[1:]:
            for position in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
                proof = await tree.roots(connection, inclusion_parts(position, size))
                leaf = LEAVES[position]
                assert verify_inclusion(leaf, position, size, proof, roots[size])
            for old in (s for s in SIZES if s <= size):
                proof = await tree.roots(connection, consistency_parts(old, size))
                assert verify_consistency(old, size, proof, roots[old], roots[size])


async def test_a_tree_takes_one_row_for_256_leaves(ledger: Ledger, tree: Tree) -> None:
    async with ledger.db.read() as connection:
        count = await connection.scalar(select(func.count()).select_from(ledger.tables.tiles))
    assert count == 257 + 1 + 1
