"""What the site signs of its log, and whether a signature is one of these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.chain.checking import Flaw
from domain.clock import instant_text
from domain.signatures import jws

TYPE = "bordereau-checkpoint/1"
JWS_TYPE = "bordereau-checkpoint+jws"
_NUMBERS = ("number", "epoch", "after", "position")
_TEXTS = ("issuer", "hash", "root", "madeAt")


@dataclass(frozen=True)
class Signed:
    """A statement and its detached JWS, as they are handed out."""

    statement: str
    jws: str


def statement_of(
    *,
    issuer: str,
    number: int,
    epoch: int,
    after: int,
    position: int,
    hash: str,
    root: str,
    made_at: datetime,
    previous: str | None,
) -> str:
    """The canonical JSON of a checkpoint; `previous` is the statement of the one before it."""
    return jws.canonical(
        {
            "type": TYPE,
            "issuer": issuer,
            "number": number,
            "epoch": epoch,
            "after": after,
            "position": position,
            "events": position - after,
            "hash": hash,
            "root": root,
            "madeAt": instant_text(made_at),
            "previous": None if previous is None else named(previous),
        }
    )


def named(statement: str) -> str:
    """By what a checkpoint names the one before it."""
    return hashlib.sha256(statement.encode()).hexdigest()


def said(signed: Signed, published: Iterable[jws.Jwk]) -> Mapping[str, Any]:
    """What a checkpoint says, when one of the keys signed it.

    Raises:
        Flaw
    """
    kid = jws.kid_of(signed.jws, JWS_TYPE)
    key = next((k for k in published if k.get("kid") == kid), None) if kid else None
    found = _read(signed.statement)
    if key is None:
        raise Flaw(found["position"], f"{_name(found)} was signed by none of the keys")
    if not jws.is_genuine(signed.statement, signed.jws, key, JWS_TYPE):
        raise Flaw(found["position"], f"the signature of {_name(found)} is wrong")
    return found


def signed_in(text: str) -> list[Signed]:
    """The checkpoints of a file: one, a list, or the document of `/.well-known/`.

    Raises:
        ValueError: it holds none.
    """
    try:
        given = json.loads(text)
        if isinstance(given, dict):
            given = given.get("checkpoints", [given])
        found = [Signed(one["statement"], one["jws"]) for one in given]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("a checkpoint must hold `statement` and `jws`") from error
    if not found or not all(isinstance(t, str) for s in found for t in (s.statement, s.jws)):
        raise ValueError("a checkpoint must hold `statement` and `jws`, both texts")
    return found


def _read(statement: str) -> Mapping[str, Any]:
    try:
        found = json.loads(statement)
        is_ours = (
            found["type"] == TYPE
            and all(type(found[name]) is int for name in _NUMBERS)
            and all(isinstance(found[name], str) for name in _TEXTS)
        )
    except (ValueError, TypeError, KeyError) as error:
        raise Flaw(0, "a checkpoint cannot be read") from error
    if not is_ours:
        raise Flaw(0, "a checkpoint cannot be read")
    told: Mapping[str, Any] = found
    return told


def _name(found: Mapping[str, Any]) -> str:
    return f"checkpoint {found['number']}"
