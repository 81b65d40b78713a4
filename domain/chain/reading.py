"""The log of the database as the lines that are checked and handed out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from domain.chain import form
from domain.chain.checking import ERASED, Checker, Flaw, Line
from domain.db import fetch

_BATCH = 1_000
Links = Mapping[int, Mapping[str, str]]


async def lines(after: int = 0, upto: int | None = None) -> AsyncIterator[Line]:
    """The events after a position as `log export` writes them.

    Raises:
        Flaw: a row has no seal, or opens to others than it says.
    """
    last = after
    previous = await _hash_at(after)
    while rows := await _rows(last, upto):
        first, last = rows[0]["position"], rows[-1]["position"]
        opened = await _audiences(first, last)
        originals = await _originals(first, last)
        caused = await _caused([row["id"] for row in rows if row["kind"] == ERASED])
        for row in rows:
            yield _line(row, previous, originals.get(row["position"], {}), caused)
            _check_audience(row, opened[row["position"]])
            previous = row["hash"]


async def check(checker: Checker, after: int = 0) -> AsyncIterator[Line]:
    """Follow the log of the database to its end; each line, once it was checked.

    Raises:
        Flaw
    """
    is_behind = True
    while is_behind:
        async for line in lines(after):
            checker.follow(line)
            after = line["record"]["position"]
            yield line
        is_behind = await _is_behind(checker)
    checker.finish()
    await _check_causes()


def _line(row: Any, previous: str, originals: Mapping[str, str], caused: Any) -> Line:
    position = row["position"]
    if row["hash"] is None or row["salts"] is None:
        raise Flaw(position, "it has no hash")
    try:
        digests = {**form.digests_of(row, row["salts"]), **originals}
        record = form.record_of(row, previous, digests)
    except (TypeError, ValueError, AttributeError) as error:
        raise Flaw(position, f"it cannot be read as an event ({error!r})") from error
    line = {
        "record": record,
        "hash": row["hash"],
        "values": {part: row[part] for part in form.PARTS},
        "salts": form.split(row["salts"]),
    }
    links = caused.get(row["id"])
    return {**line, "redactions": links} if links else line


async def _rows(after: int, upto: int | None) -> Sequence[Any]:
    return await fetch(
        "SELECT * FROM event WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
        after,
        upto if upto is not None else 1 << 62,
        _BATCH,
    )


async def _hash_at(position: int) -> str:
    rows = await fetch("SELECT hash FROM event WHERE position = $1", position)
    return rows[0][0] if rows else form.GENESIS


async def _audiences(first: int, last: int) -> Mapping[int, list[list[str]]]:
    opened: dict[int, list[list[str]]] = defaultdict(list)
    for position, structure, permission in await fetch(
        "SELECT position, structure_id, permission FROM event_audience"
        " WHERE position >= $1 AND position <= $2",
        first,
        last,
    ):
        opened[position].append([structure, permission])
    return opened


def _check_audience(row: Any, opened: list[list[str]]) -> None:
    """The rows by which an event is found must be those that its hash covers."""
    try:
        told = sorted(json.loads(row["audience"]))
    except (TypeError, ValueError) as error:
        raise Flaw(row["position"], "its audience cannot be read") from error
    if told != sorted(opened):
        raise Flaw(row["position"], "it opens to others than it says (event_audience)")


async def _originals(first: int, last: int) -> Links:
    """What was recorded where something was redacted: the digest before the first redaction."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for position, part, before in await fetch(
        "SELECT r.position, r.part, r.before FROM event_redaction r"
        " LEFT JOIN event c ON c.id = r.cause"
        " WHERE r.position >= $1 AND r.position <= $2 ORDER BY r.position, c.position",
        first,
        last,
    ):
        found[position].setdefault(part, before)
    return found


async def _caused(causes: Sequence[str]) -> Mapping[str, list[list[Any]]]:
    """The redactions of each of these events."""
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for cause in causes:
        for row in await fetch(
            "SELECT position, part, before, after FROM event_redaction WHERE cause = $1"
            " ORDER BY position, part",
            cause,
        ):
            found[cause].append(list(row))
    return found


async def _is_behind(checker: Checker) -> bool:
    """Whether the log went on meanwhile; otherwise it must end where its head says."""
    position, sealed, hash_, epoch = (
        await fetch("SELECT position, sealed, hash, epoch FROM log_head WHERE id = 1")
    )[0]
    last = checker.position if checker.position is not None else position
    if position > last and await _rows(last, last + 1):
        return True
    if position != last or sealed != last:
        raise Flaw(min(position, last) + 1, f"the log ends at {last}, its head says {position}")
    if hash_ != (checker.previous or form.GENESIS) or epoch < checker.epoch:
        raise Flaw(last, "it is not the end of the log that was kept (log_head)")
    return False


async def _check_causes() -> None:
    """Redactions whose cause is no event of the log are those of nobody."""
    orphans = await fetch(
        "SELECT position FROM event_redaction WHERE cause NOT IN"
        " (SELECT id FROM event WHERE kind = $1) ORDER BY position LIMIT 1",
        ERASED,
    )
    if orphans:
        raise Flaw(orphans[0][0], "it was redacted, and no erasure tells of it")
