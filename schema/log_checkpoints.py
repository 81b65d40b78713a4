"""Checkpoints of the log as the API shows them: what the site signed of its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.select import Select, falling
from schema.reading import column, computed, shows
from schema.scalars import Sha256


def _position(row: Any) -> str:
    return str(row.position)


def _event_count(row: Any) -> int:
    return int(row.position - row.after)


@shows(
    "log_checkpoint",
    key="number",
    description="Point de contrôle du journal. What the site signed of its history: keep a copy"
    " elsewhere, and no event before it can be changed, inserted or taken away without being"
    " found. Also at `/.well-known/log-checkpoints.json`; see `LOG.md` of the contract.",
)
class LogCheckpoint:
    number: int = column(description="Numéro. From 1, without gaps.")
    epoch: int = column(
        description="Époque. The life of the log; another one begins when a backup is restored."
    )
    position: str = computed(
        _position,
        needs=("position",),
        description="Position. That of the last event covered; a whole number, as text since it"
        " outgrows 32 bits.",
    )
    event_count: int = computed(
        _event_count,
        needs=("position", "after"),
        description="Évènements. How many it covers: those since the checkpoint before.",
    )
    hash: Sha256 = column(description="Empreinte. That of the last event covered.")
    root: Sha256 = column(
        description="Racine. Of the Merkle tree (RFC 6962) of the events covered."
    )
    made_at: datetime = column(description="Signé le.")
    statement: str = column(
        description="Déclaration. The canonical JSON (RFC 8785) that is signed, with all of this."
    )
    jws: str = column(
        description="Signature. Detached JWS (RFC 7515, Ed25519) over the statement, by one of the"
        " keys of `/.well-known/checkpoint-keys.json`."
    )


def all_checkpoints(_: Any) -> Select:
    """Every checkpoint, the newest first: they reveal how much happened, and nothing of what."""
    return Select("log_checkpoint", key="number").by(falling("number"))
