"""Merkle trees (RFC 6962): one hash for many events, a short path to prove one of them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def root(hashes: Sequence[str]) -> str:
    """The hash of the tree whose leaves are these hashes of events, in order."""
    return _root([_leaf(h) for h in hashes]).hex()


def path(hashes: Sequence[str], index: int) -> list[str]:
    """What proves that one of them is in the tree, from the leaf up."""
    return [node.hex() for node in _path([_leaf(h) for h in hashes], index)]


def root_from(hash_: str, index: int, size: int, proof: Sequence[str]) -> str | None:
    """The root to which a path leads; None when it cannot be a path of such a tree."""
    if not 0 <= index < size:
        return None
    node, last = _leaf(hash_), size - 1
    for sibling in map(bytes.fromhex, proof):
        if last == 0:
            return None
        if index % 2 or index == last:
            node = _node(sibling, node)
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = _node(node, sibling)
        index, last = index >> 1, last >> 1
    return node.hex() if last == 0 else None


def _leaf(hash_: str) -> bytes:
    return sha256(b"\x00" + bytes.fromhex(hash_)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return _node(_root(leaves[:half]), _root(leaves[half:]))


def _path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*_path(leaves[:half], index), _root(leaves[half:])]
    return [*_path(leaves[half:], index - half), _root(leaves[:half])]


def _half(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
