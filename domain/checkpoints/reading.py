"""The checkpoints of the database: handed out, and held to what was signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.chain.checking import Flaw
from domain.checkpoints.statement import Signed, named, said
from domain.db import fetch, instant_of
from domain.signatures import keys
from domain.signatures.jws import Jwk
from domain.signatures.models import Purpose

# Handed out at once by the address that anyone reads.
AT_MOST = 100


async def published_keys() -> list[Jwk]:
    """Every key that ever signed checkpoints."""
    found: list[Jwk] = (await keys.published(Purpose.CHECKPOINTS))["keys"]
    return found


async def handed_out(after: int | None = None) -> list[dict[str, str]]:
    """The latest checkpoints, or the first ones after a number, in their order."""
    if after is None:
        rows = await fetch(
            "SELECT statement, jws FROM log_checkpoint ORDER BY number DESC LIMIT $1", AT_MOST
        )
        rows = rows[::-1]
    else:
        rows = await fetch(
            "SELECT statement, jws FROM log_checkpoint WHERE number > $1 ORDER BY number LIMIT $2",
            after,
            AT_MOST,
        )
    return [{"statement": row["statement"], "jws": row["jws"]} for row in rows]


async def covering(position: int) -> Any:
    """The row of the checkpoint that covers the event at a position, if there is one."""
    rows = await fetch(
        "SELECT * FROM log_checkpoint WHERE position >= $1 ORDER BY position LIMIT 1", position
    )
    return rows[0] if rows else None


async def kept(published: list[Jwk]) -> list[Mapping[str, Any]]:
    """What the checkpoints of the database say: all of them genuine, none missing.

    Raises:
        Flaw
    """
    found: list[Mapping[str, Any]] = []
    before: Any = None
    for row in await fetch("SELECT * FROM log_checkpoint ORDER BY number"):
        told = said(Signed(row["statement"], row["jws"]), published)
        _check_row(row, told)
        _check_order(before, row, told)
        found.append(told)
        before = row
    return found


def _check_row(row: Any, told: Mapping[str, Any]) -> None:
    same = all(row[name] == told[name] for name in ("number", "epoch", "after", "position"))
    same = same and (row["hash"], row["root"]) == (told["hash"], told["root"])
    try:
        same = same and instant_of(row["made_at"]) == instant_of(told["madeAt"])
    except ValueError:
        same = False
    if not same:
        raise Flaw(told["position"], f"checkpoint {row['number']} is not what was signed")


def _check_order(before: Any, row: Any, told: Mapping[str, Any]) -> None:
    expected = (1, None) if before is None else (before["number"] + 1, named(before["statement"]))
    if (row["number"], told["previous"]) != expected:
        raise Flaw(told["position"], f"checkpoint {expected[0]} is missing")
    if before is not None and (
        row["after"] != before["position"] or row["epoch"] < before["epoch"]
    ):
        raise Flaw(told["position"], f"checkpoint {row['number']} does not follow the one before")
