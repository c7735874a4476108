import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.evidence.merkle import complete_subtrees, consistency_parts, inclusion_parts
from shared.evidence.verify import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

# Inputs and roots of the Certificate Transparency reference implementation.
REFERENCE = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
]
SIZES = st.integers(1, 300)
LEAVES = [leaf_hash(str(n).encode()) for n in range(301)]


def plain_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162, word for word: nothing clever to be wrong in the same way."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def proof_of(parts: list[tuple[int, int]]) -> list[bytes]:
    return [plain_root(LEAVES[low:high]) for low, high in parts]


def test_roots_are_those_of_the_reference_implementation() -> None:
    tree = Frontier()
    assert tree.root() == EMPTY_ROOT
    for content, root in REFERENCE:
        tree.add(leaf_hash(bytes.fromhex(content)))
        assert tree.root().hex() == root


@given(SIZES)
def test_a_growing_tree_has_the_root_of_the_definition(size: int) -> None:
    tree = Frontier()
    for leaf in LEAVES[:size]:
        tree.add(leaf)
    assert tree.root() == plain_root(LEAVES[:size])


@given(SIZES, st.data())
def test_every_leaf_is_proven_and_no_other(size: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size).filter(lambda n: n != position))
    proof, root = proof_of(inclusion_parts(position, size)), plain_root(LEAVES[:size])
    assert len(proof) <= (size - 1).bit_length()
    assert verify_inclusion(LEAVES[position], position, size, proof, root)
    assert not verify_inclusion(LEAVES[other], position, size, proof, root)
    assert not verify_inclusion(LEAVES[position], other, size, proof, root)
    assert not verify_inclusion(LEAVES[position], position, size, [*proof, root], root)
    if proof:
        assert not verify_inclusion(LEAVES[position], position, size, proof[:-1], root)


@given(SIZES, st.data())
def test_every_older_tree_is_continued_and_no_rewritten_one(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = proof_of(consistency_parts(old, new))
    was, now = plain_root(LEAVES[:old]), plain_root(LEAVES[:new])
    assert verify_consistency(old, new, proof, was, now)
    if old:
        rewritten = plain_root([*LEAVES[: old - 1], LEAVES[300] if old < 300 else LEAVES[0]])
        assert not verify_consistency(old, new, proof, rewritten, now)
        assert not verify_consistency(old, new, [*proof, now], was, now)
    if 0 < old < new:
        assert not verify_consistency(old, new, proof[1:], was, now)
        assert not verify_consistency(old, new, proof, was, was)


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2), (0, -1)])
def test_impossible_sizes_prove_nothing(old: int, new: int) -> None:
    assert not verify_consistency(old, new, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT)
    assert not verify_inclusion(EMPTY_ROOT, new, old, [], EMPTY_ROOT)


@given(st.integers(0, 40), SIZES)
def test_a_part_is_complete_subtrees_side_by_side(blocks: int, length: int) -> None:
    low = blocks << length.bit_length()
    at = low
    for height, index in complete_subtrees((low, low + length)):
        assert index << height == at
        at += 1 << height
    assert at == low + length
