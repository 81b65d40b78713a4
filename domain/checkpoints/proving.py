"""The proof of one event: that it was recorded so and when, without a word about any other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from domain import events, feed
from domain.access import Actor
from domain.chain import form, merkle, reading
from domain.chain.checking import Flaw, Line
from domain.checkpoints.reading import covering
from domain.checkpoints.statement import Signed, said
from domain.db import fetch
from domain.ids import findable
from domain.signatures.jws import Jwk

TYPE = "bordereau-proof/1"
# Who else may see an event is told to nobody, who did it to its own side only.
_HIDDEN = ("audience",)
_OF_ITS_SIDE = ("actor_id", "actor_name")


async def line_of(event_id: str, actor: Actor) -> Line | None:
    """The event as it was sealed; None when there is none that the actor may see."""
    rows = await fetch("SELECT position FROM event WHERE id = $1", findable(event_id))
    found = await events.at([row[0] for row in rows])
    if not found or not events.visible(found[0], actor):
        return None
    position = found[0].position
    async for line in reading.lines(position - 1, position):
        return line
    return None


async def proof_of(line: Line, actor: Actor) -> dict[str, Any] | None:
    """What the actor may hand to anyone as a proof; None until a checkpoint covers the event."""
    position = line["record"]["position"]
    checkpoint = await covering(position)
    if checkpoint is None:
        return None
    rows = await fetch(
        "SELECT hash FROM event WHERE position > $1 AND position <= $2 ORDER BY position",
        checkpoint["after"],
        checkpoint["position"],
    )
    index = position - checkpoint["after"] - 1
    shown = _shown(line, actor)
    return {
        "type": TYPE,
        "record": line["record"],
        "values": {part: line["values"][part] for part in shown},
        "salts": {part: line["salts"][part] for part in shown},
        "index": index,
        "path": merkle.path([row[0] for row in rows], index),
        "checkpoint": {"statement": checkpoint["statement"], "jws": checkpoint["jws"]},
    }


def verified(text: str, published: Iterable[Jwk]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The proof, and what the checkpoint says that signed it: genuine, by keys alone.

    Raises:
        Flaw: it proves nothing.
    """
    try:
        proof = json.loads(text)
        record, signed = proof["record"], proof["checkpoint"]
        checkpoint = said(Signed(signed["statement"], signed["jws"]), published)
        position = record["position"]
        if (proof["type"], record["type"]) != (TYPE, form.TYPE):
            raise Flaw(position, "it is no proof of an event")
        _check_values(proof)
        _check_path(proof, checkpoint)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Flaw(0, f"it cannot be read as a proof ({error!r})") from error
    return proof, checkpoint


def _shown(line: Line, actor: Actor) -> list[str]:
    """The parts that the actor may show: those it may read, and that no erasure replaced."""
    record, values, salts = line["record"], line["values"], line["salts"]
    is_own = feed.is_own_side(values["actor_id"], record["on_behalf_of"], actor)
    hidden = _HIDDEN if is_own else (*_HIDDEN, *_OF_ITS_SIDE)
    return [
        part
        for part in form.PARTS
        if part not in hidden and form.digest(values[part], salts[part]) == record["digests"][part]
    ]


def _check_values(proof: Mapping[str, Any]) -> None:
    record, salts = proof["record"], proof["salts"]
    for part, value in proof["values"].items():
        if form.digest(value, salts[part]) != record["digests"][part]:
            raise Flaw(record["position"], f"its {part} is not the one that was recorded")


def _check_path(proof: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> None:
    position = proof["record"]["position"]
    size = checkpoint["position"] - checkpoint["after"]
    if proof["index"] != position - checkpoint["after"] - 1:
        raise Flaw(position, f"checkpoint {checkpoint['number']} does not cover it there")
    root = merkle.root_from(form.hash_of(proof["record"]), proof["index"], size, proof["path"])
    if root != checkpoint["root"]:
        raise Flaw(position, f"it is not among the events of checkpoint {checkpoint['number']}")
