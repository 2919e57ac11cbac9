"""The tree over seals, against the published vectors of RFC 6962 and a slow tree that follows its text."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.ledger import seal_tree
from hubspot_sla.ledger.seal_tree import GrowingTree, leaf_hash, node_hash

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first one to eight leaves, as the tests of certificate-transparency have them."""
INCLUSION_OF_FIRST_IN_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
CONSISTENCY_OF_SIX_AND_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def slow_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(slow_root(leaves[:split]), slow_root(leaves[split:]))


def subtrees(leaves: list[bytes]) -> seal_tree.Subtree:
    return lambda level, place: slow_root(leaves[place << level : (place + 1) << level])


def grown(leaves: list[bytes]) -> GrowingTree:
    tree = GrowingTree()
    for leaf in leaves:
        list(tree.add(leaf))
    return tree


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert seal_tree.root_of(subtrees(LEAVES), size).hex() == ROOTS[size - 1]
    assert grown(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing_for_a_root() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert seal_tree.root_of(subtrees([]), 0).hex() == empty == GrowingTree().root.hex()


def test_paths_are_the_published_ones() -> None:
    subtree = subtrees(LEAVES)
    assert [digest.hex() for digest in seal_tree.inclusion(subtree, 0, 8)] == INCLUSION_OF_FIRST_IN_EIGHT
    assert [digest.hex() for digest in seal_tree.consistency(subtree, 6, 8)] == CONSISTENCY_OF_SIX_AND_EIGHT
    assert seal_tree.inclusion(subtree, 0, 1) == () == seal_tree.consistency(subtree, 8, 8)


@given(st.integers(1, 70), st.data())
def test_every_path_leads_to_the_root_and_no_other_does(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) for n in range(size)]
    place, earlier = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, subtree = slow_root(leaves), subtrees(leaves)
    path = seal_tree.inclusion(subtree, place, size)
    assert seal_tree.root_by_inclusion(leaf_hash(leaves[place]), place, size, path) == root == grown(leaves).root
    assert seal_tree.root_by_inclusion(leaf_hash(b"other"), place, size, path) != root
    assert seal_tree.root_by_inclusion(leaf_hash(leaves[place]), place, size, (*path, root)) is None
    if path:
        assert seal_tree.root_by_inclusion(leaf_hash(leaves[place]), place, size, path[:-1]) != root
    between = seal_tree.consistency(subtree, earlier, size)
    before = slow_root(leaves[:earlier])
    assert seal_tree.is_consistent(earlier, size, before, root, between)
    assert not seal_tree.is_consistent(earlier, size, slow_root([b"other", *leaves[1:earlier]]), root, between)
    assert not seal_tree.is_consistent(earlier, size, before, root, (*between, root))
    assert not seal_tree.is_consistent(earlier, size, before, slow_root([*leaves, b""]), between)


def test_a_million_entries_take_twenty_hashes() -> None:
    def anything(level: int, place: int) -> bytes:
        return hashlib.sha256(f"{level}:{place}".encode()).digest()

    million = 1_000_000
    assert max(len(seal_tree.inclusion(anything, n, million)) for n in range(0, million, 9_973)) <= 20
    assert max(len(seal_tree.consistency(anything, n, million)) for n in range(1, million, 9_973)) <= 40


@pytest.mark.parametrize("size", [0, -1, 4])
def test_a_tree_that_is_no_earlier_one_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="no earlier one"):
        seal_tree.consistency(subtrees(LEAVES), size, 3)
    with pytest.raises(ValueError, match="there is no leaf"):
        seal_tree.inclusion(subtrees(LEAVES), size if size else 3, 3)
