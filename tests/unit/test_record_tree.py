"""The Merkle tree, held against RFC 6962's own recursion and against other people's vectors."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.tree import (
    EMPTY_ROOT,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.leaf_nodes import tree_of

# Origin: github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc (kInputs, kSHA256Roots,
# kSHA256Paths, kSHA256Proofs). That file counts leaves from 1; here they are counted from 0.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PROOFS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


# --- RFC 6962, section 2.1, word for word: slow, and right by reading it beside the text --------------------------


def split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def some(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


VECTOR = tree_of([leaf_hash(data) for data in INPUTS])


@pytest.mark.parametrize("size", range(9))
def test_roots_of_certificate_transparency(size: int) -> None:
    assert VECTOR.root(size).hex() == ROOTS[size]
    assert tree_of([leaf_hash(data) for data in INPUTS[:size]]).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_inclusion_proofs_of_certificate_transparency(index: int, size: int) -> None:
    assert [step.hex() for step in VECTOR.inclusion(index, size)] == PATHS[index, size]


@pytest.mark.parametrize(("old", "size"), PROOFS)
def test_consistency_proofs_of_certificate_transparency(old: int, size: int) -> None:
    assert [step.hex() for step in VECTOR.consistency(old, size)] == PROOFS[old, size]


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_grown_in_any_steps_is_the_tree_of_the_recursion(steps: list[int]) -> None:
    tree, leaves = tree_of([]), some(sum(steps))
    for count in steps:
        growth = tree.grown(leaves[tree.size : tree.size + count])
        assert growth.root() == mth(leaves[: tree.size + count])
        tree.adopt(growth)
        assert tree.root() == growth.root()
    assert tree.size == len(leaves)


@given(st.data())
def test_proofs_are_those_of_the_recursion_and_verify(data: st.DataObject) -> None:
    leaves = some(data.draw(st.integers(1, 150)))
    base = data.draw(st.integers(0, len(leaves)))
    tree = tree_of(leaves[:base])
    grown = tree.grown(leaves[base:])  # proofs come from tree and growth together, as in a commit
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    proof = grown.inclusion(index, size)
    assert list(proof) == path(index, leaves[:size])
    root = grown.root(size)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    old = data.draw(st.integers(0, size))
    consistency = grown.consistency(old, size)
    if 0 < old < size:
        assert list(consistency) == subproof(old, leaves[:size], True)
    assert verify_consistency(old, size, grown.root(old), root, consistency)


@given(st.data())
def test_a_proof_of_something_else_does_not_verify(data: st.DataObject) -> None:
    leaves = some(data.draw(st.integers(2, 60)))
    tree, size = tree_of(leaves), len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof, root = list(tree.inclusion(index)), tree.root()
    other = data.draw(st.integers(-1, size + 1).filter(lambda number: number != index))
    assert not verify_inclusion(leaves[index], other, size, proof, root)
    if 0 <= other < size:
        assert not verify_inclusion(leaves[other], index, size, proof, root)
    where = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_inclusion(leaves[index], index, size, proof[:where] + proof[where + 1 :], root)
    assert not verify_inclusion(leaves[index], index, size, [*proof[:where], bytes(32), *proof[where + 1 :]], root)
    assert not verify_inclusion(leaves[index], index, size, [*proof, root], root)
    assert not verify_inclusion(leaves[index], index, size, [*proof, b""], root)
    assert not verify_inclusion(leaves[index], index, size, proof, EMPTY_ROOT)


@given(st.data())
def test_two_histories_are_never_consistent(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 60))
    old = data.draw(st.integers(1, size - 1))
    leaves = some(size)
    changed = data.draw(st.integers(0, old - 1))
    other = [*leaves[:changed], leaf_hash(b"another"), *leaves[changed + 1 :]]
    proof = tree_of(leaves).consistency(old)
    old_root, root = mth(leaves[:old]), mth(leaves)
    assert not verify_consistency(old, size, mth(other[:old]), root, proof)
    assert not verify_consistency(old, size, old_root, mth(other), proof)
    assert not verify_consistency(old, size, root, old_root, proof)
    assert not verify_consistency(size, old, root, old_root, proof)
    assert not verify_consistency(old, size, old_root, root, [*proof, root])
    assert not verify_consistency(old, size, old_root, root, proof[:-1])


def test_the_empty_tree() -> None:
    tree = tree_of([])
    assert (tree.size, tree.root()) == (0, EMPTY_ROOT)
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not verify_consistency(0, 0, EMPTY_ROOT, bytes(32), [])
    assert not verify_inclusion(EMPTY_ROOT, 0, 0, [], EMPTY_ROOT)


def test_questions_beyond_the_tree_are_refused() -> None:
    tree = tree_of(some(5))
    for wrong in (
        lambda: tree.root(6),
        lambda: tree.root(-1),
        lambda: tree.inclusion(5),
        lambda: tree.inclusion(-1),
        lambda: tree.inclusion(4, 4),
        lambda: tree.consistency(6),
        lambda: tree.leaf(5),
        lambda: tree.leaf(-1),
    ):
        with pytest.raises(IndexError):
            wrong()


def test_only_one_of_two_growths_is_adopted_and_the_other_leaves_no_trace() -> None:
    tree, leaves = tree_of(some(5)), some(20)
    refused, taken = tree.grown([bytes(32)] * 9), tree.grown(leaves[5:])
    assert (tree.size, tree.root()) == (5, mth(leaves[:5]))
    tree.adopt(taken)
    with pytest.raises(ValueError, match="does not continue"):
        tree.adopt(refused)
    assert tree.root() == mth(leaves)
    with pytest.raises(ValueError, match="32 bytes"):
        tree.grown([b"short"])
