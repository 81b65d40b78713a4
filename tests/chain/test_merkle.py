"""Merkle trees: the roots and paths of RFC 6962, whatever the size."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from domain.chain import merkle


def some(count: int) -> list[str]:
    return [sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(count)]


def test_the_tree_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").hexdigest()


def test_the_tree_of_three_by_hand() -> None:
    a, b, c = some(3)
    leaves = [sha256(b"\x00" + bytes.fromhex(h)).digest() for h in (a, b, c)]
    left = sha256(b"\x01" + leaves[0] + leaves[1]).digest()

    assert merkle.root([a, b, c]) == sha256(b"\x01" + left + leaves[2]).hexdigest()
    assert merkle.path([a, b, c], 2) == [left.hex()]
    assert merkle.path([a, b, c], 0) == [leaves[1].hex(), leaves[2].hex()]


@pytest.mark.parametrize("size", [*range(1, 34), 100, 257])
def test_a_path_leads_to_the_root_from_every_leaf_and_from_no_other(size: int) -> None:
    hashes = some(size)
    root = merkle.root(hashes)

    for index in range(size):
        path = merkle.path(hashes, index)

        assert merkle.root_from(hashes[index], index, size, path) == root
        assert len(path) <= size.bit_length()
        for other in {index ^ 1, (index + 1) % size, random.randrange(size)} - {index}:
            if other < size:
                assert merkle.root_from(hashes[other], index, size, path) != root
                assert merkle.root_from(hashes[index], other, size, path) != root


def test_what_is_no_path_leads_nowhere() -> None:
    hashes = some(5)
    path = merkle.path(hashes, 1)

    assert merkle.root_from(hashes[1], 5, 5, path) is None
    assert merkle.root_from(hashes[1], -1, 5, path) is None
    assert merkle.root_from(hashes[1], 1, 5, path[:-1]) is None
    assert merkle.root_from(hashes[1], 1, 5, [*path, path[0]]) is None
    assert merkle.root_from(hashes[1], 0, 1, path) is None
