"""The one door for facts: whatever happened is one row of one ordered log.

A writer opens `transaction()`, changes rows and calls `record()`. Everyone else reads: history,
subscriptions, webhooks and pull are `after()` plus a filter, with the same positions.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol

from tortoise.transactions import in_transaction

from domain import catalogue, shared_clock
from domain.access import Actor, Permission
from domain.chain import form
from domain.clock import now, real_now
from domain.db import CONNECTION, dialect, execute_many, fetch, inside_transaction, instant_of
from domain.errors import Conflict
from domain.ids import new_id
from domain.rules_text import problem

Audience = Sequence[tuple[str, str]]

# Events that concern the platform as a whole are shown on this structure of no one,
# which only rights held everywhere can reach.
PLATFORM = "*"


class Unsealed(RuntimeError):
    """The log holds events without a hash: `manage.py migrate` seals them."""


class Subject(Protocol):
    """What an event is about. `event_count` numbers its events; the action saves it."""

    id: Any
    kind: ClassVar[str]
    event_count: Any


@dataclass(frozen=True)
class Change:
    """A change of status, with the reason given (a code of `reference.reasons`) and a comment."""

    frm: str | None
    to: str
    reason: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Event:
    """One row of the log. `position` is 0 until the transaction that records it ends."""

    id: str
    kind: str
    occurred_at: datetime
    subject_kind: str
    subject_id: str
    subject_sequence: int
    actor_kind: str
    actor_id: str
    actor_name: str
    data: Mapping[str, Any]
    audience: Audience
    change: Change | None = None
    party: str | None = None
    on_behalf_of: str | None = None
    recorded_at: datetime | None = None
    position: int = 0


@dataclass
class Unit:
    """What one transaction tells. `position` is that of its last event, once written."""

    pending: list[Event] = field(default_factory=list)
    position: int | None = None
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    async def write_events(self) -> int | None:
        """Write the events noted so far; the position of the last one.

        Called when the transaction ends. Call it before only as the last thing but one: the
        row lock of log_head is held from here until the commit, so that positions follow the
        order of commits and have no gaps.
        """
        if self.pending:
            self.position = await _append(self.pending)
            self.pending = []
        return self.position


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)
_wakers: list[Callable[[], None]] = []
_tellers: list[Callable[[], None]] = []


def on_commit(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` after each commit that recorded something, in this process or in another that
    is heard here (`domain/wakeups.py`); returns what undoes it.

    A wake-up carries no data and may be lost: every reader also looks by itself.
    """
    _wakers.append(wake)
    return lambda: _wakers.remove(wake)


def on_own_commit(tell: Callable[[], None]) -> Callable[[], None]:
    """Call `tell` after each commit of this process that recorded something: to tell others."""
    _tellers.append(tell)
    return lambda: _tellers.remove(tell)


def wake_readers() -> None:
    """Something was committed, here or elsewhere."""
    for wake in tuple(_wakers):
        wake()


@asynccontextmanager
async def transaction() -> AsyncIterator[Unit]:
    """The only way to write. Joins the transaction already open, if any. No I/O inside."""
    outer = _unit.get()
    if outer is not None:
        yield outer
        return
    await shared_clock.fresh()
    unit = Unit()
    async with in_transaction(CONNECTION):
        tokens = _unit.set(unit), inside_transaction.set(True)
        try:
            yield unit
            await unit.write_events()
        finally:
            inside_transaction.reset(tokens[1])
            _unit.reset(tokens[0])
    for act in unit.after_commit:
        act()
    if unit.position is not None:
        wake_readers()
        for tell in tuple(_tellers):
            tell()


def afterwards(act: Callable[[], None]) -> None:
    """Call `act` once the open transaction is committed, or now when none is open.

    For caches: what forgets before the commit may learn the past again.
    """
    unit = _unit.get()
    if unit is None:
        act()
    else:
        unit.after_commit.append(act)


def record(
    kind: str,
    subject: Subject,
    actor: Actor,
    *,
    audience: Iterable[tuple[str, Permission]],
    change: Change | None = None,
    party: str | None = None,
    on_behalf_of: str | None = None,
    data: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> Event:
    """Note a fact, to be written when the open transaction ends.

    The subject's row must be new or locked by this transaction, and saved by the caller. `id` is
    for what had to name the event before it was known whole.

    Raises:
        RuntimeError: no transaction is open.
        KeyError: the kind is not in the catalogue.
    """
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("record() needs an open transaction()")
    catalogue.EVENT_KINDS[kind]
    subject.event_count += 1
    event = Event(
        id=id or new_id("evt"),
        kind=kind,
        occurred_at=now(),
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_sequence=subject.event_count,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        party=party,
        on_behalf_of=on_behalf_of,
        change=change,
        data=data or {},
        audience=sorted({(s, p.value) for s, p in audience}),
    )
    unit.pending.append(event)
    return event


def check_version(
    subject: Subject,
    expected: int | None,
    path: tuple[str, ...] = (),
    *,
    rule: str = "BDR-REQ-004",
) -> None:
    """Refuse when something happened to the subject since the caller read it.

    The version that callers see is the number of events; None expects nothing.

    Raises:
        Conflict
    """
    if expected not in (None, subject.event_count):
        at = (*path, "expectedVersion")
        raise Conflict(problem(rule, at, expected=expected, actual=subject.event_count))


# fmt: off
COLUMNS = (
    "position", "id", "kind", "occurred_at", "recorded_at",
    "subject_kind", "subject_id", "subject_sequence",
    "actor_kind", "actor_id", "actor_name", "party", "on_behalf_of",
    "change_from", "change_to", "reason", "comment", "data", "audience",
)
# fmt: on
_WRITTEN = (*COLUMNS, "epoch", "salts", "hash")
_SELECT = "SELECT " + ", ".join(f"e.{c}" for c in COLUMNS) + " FROM event e"
_INSERT = (
    f"INSERT INTO event ({', '.join(_WRITTEN)})"
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(_WRITTEN) + 1))})"
)
_INSERT_AUDIENCE = (
    "INSERT INTO event_audience (structure_id, permission, position) VALUES ($1, $2, $3)"
)
# The hash of the head follows by a trigger of `event`: one statement less under its lock.
_TAKE = (
    "UPDATE log_head SET position = position + $1 WHERE id = 1"
    " RETURNING position, sealed, hash, epoch"
)


async def _append(noted: Sequence[Event]) -> int:
    last, sealed, previous, epoch = (await fetch(_TAKE, len(noted)))[0]
    first = last - len(noted) + 1
    if sealed != first - 1:
        raise Unsealed(f"the events after {sealed} have no hash; run `manage.py migrate`")
    recorded_at = real_now()
    written = [
        replace(event, position=first + n, recorded_at=recorded_at) for n, event in enumerate(noted)
    ]
    await execute_many(_INSERT, _sealed(written, epoch, previous))
    await execute_many(
        _INSERT_AUDIENCE, [(s, p, e.position) for e in written for s, p in e.audience]
    )
    return int(last)


def _sealed(written: Sequence[Event], epoch: int, previous: str) -> list[tuple[Any, ...]]:
    """The rows of events, each with a hash that covers the one before it."""
    rows = []
    for event in written:
        row = _to_row(event)
        said = dict(zip(COLUMNS, row, strict=True))
        said["epoch"] = epoch
        salts, previous = form.seal(said, previous)
        rows.append((*row, epoch, salts, previous))
    return rows


HEAD = "SELECT position FROM log_head WHERE id = 1"


async def head() -> int:
    """The position of the last event that was committed; 0 when there is none."""
    return int((await fetch(HEAD))[0][0])


async def after(position: int, *, limit: int, upto: int | None = None) -> list[Event]:
    """The events that follow the position, in order, whoever may see them."""
    rows = await fetch(
        f"{_SELECT} WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3",
        position,
        upto if upto is not None else 1 << 62,
        limit,
    )
    return [event_of(row) for row in rows]


async def at(positions: Sequence[int]) -> list[Event]:
    """The events at these positions, in order, whoever may see them."""
    if not positions:
        return []
    marks = ", ".join(f"${n}" for n in range(1, len(positions) + 1))
    rows = await fetch(f"{_SELECT} WHERE e.position IN ({marks}) ORDER BY e.position", *positions)
    return [event_of(row) for row in rows]


# One ordered look at the index for each right, as far as a statement of SQLite holds them.
_MOST_LOOKS = 100


async def opened_by(
    rights: Collection[tuple[str, str]], position: int, *, limit: int, upto: int
) -> list[Event]:
    """The events that follow the position and that one of the (structure, permission) opens.

    Far behind the end of the log, each right gives its next ones alone: the database need not
    sort all that is left for each batch.
    """
    if not rights:
        return []
    mine = "structure_id = {} AND permission = {}"
    next_ones = f"SELECT a.position FROM event_audience a WHERE {mine}"
    if dialect() == "postgres":
        rows = await fetch(
            "SELECT DISTINCT n.position FROM unnest($1::text[], $2::text[]) AS r (s, p)"
            f" CROSS JOIN LATERAL ({next_ones.format('r.s', 'r.p')} AND a.position > $3"
            " AND a.position <= $4 ORDER BY a.position LIMIT $5) n ORDER BY 1 LIMIT $5",
            *map(list, zip(*rights, strict=True)),
            position,
            upto,
            limit,
        )
        return await at([row[0] for row in rows])
    end = "AND a.position > $1 AND a.position <= $2"
    if len(rights) > _MOST_LOOKS:
        among = "(SELECT value ->> 0, value ->> 1 FROM json_each($4))"
        rows = await fetch(
            "SELECT DISTINCT a.position FROM event_audience a WHERE (structure_id, permission)"
            f" IN {among} {end} ORDER BY 1 LIMIT $3",
            position,
            upto,
            limit,
            json.dumps(list(rights)),
        )
        return await at([row[0] for row in rows])
    looks = " UNION ALL ".join(
        f"SELECT * FROM ({next_ones.format(f'${n}', f'${n + 1}')} {end}"
        " ORDER BY a.position LIMIT $3)"
        for n in range(4, 4 + 2 * len(rights), 2)
    )
    rows = await fetch(
        f"SELECT DISTINCT position FROM ({looks}) ORDER BY 1 LIMIT $3",
        position,
        upto,
        limit,
        *(value for right in rights for value in right),
    )
    return await at([row[0] for row in rows])


async def before(instant: datetime) -> int:
    """The last position recorded before the instant, by halves: positions follow time.

    What precedes the first event that is kept is before any instant.
    """
    low, high = 0, await head()
    while low < high:
        middle = (low + high + 1) // 2
        found = await at([middle])
        recorded_at = found[0].recorded_at if found else None
        low, high = (
            (middle, high) if recorded_at is None or recorded_at < instant else (low, middle - 1)
        )
    return low


async def one(event_id: str) -> Event | None:
    """The event of that identifier, whoever may see it."""
    rows = await fetch(f"{_SELECT} WHERE e.id = $1", event_id)
    return event_of(rows[0]) if rows else None


async def of_subject(subject_id: str, *, after_sequence: int = 0, limit: int = 100) -> list[Event]:
    """The events of one subject in order, whoever may see them."""
    rows = await fetch(
        f"{_SELECT} WHERE e.subject_id = $1 AND e.subject_sequence > $2"
        " ORDER BY e.subject_sequence LIMIT $3",
        subject_id,
        after_sequence,
        limit,
    )
    return [event_of(row) for row in rows]


def visible(event: Event, actor: Actor) -> bool:
    """Whether the actor holds one of the rights that open the event."""
    return any(actor.may(Permission(p), structure) for structure, p in event.audience)


def event_of(row: Any) -> Event:
    """The event in a database row that has all of its columns."""
    return Event(
        id=row["id"],
        kind=row["kind"],
        occurred_at=instant_of(row["occurred_at"]),
        recorded_at=instant_of(row["recorded_at"]),
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        subject_sequence=row["subject_sequence"],
        actor_kind=row["actor_kind"],
        actor_id=row["actor_id"],
        actor_name=row["actor_name"],
        party=row["party"],
        on_behalf_of=row["on_behalf_of"],
        change=_change(row),
        data=json.loads(row["data"]),
        audience=[(s, p) for s, p in json.loads(row["audience"])],
        position=row["position"],
    )


def row_of(event: Event) -> dict[str, Any]:
    """The event as a row of the log: what `event_of` reads."""
    return dict(zip(COLUMNS, _to_row(event), strict=True))


def _to_row(event: Event) -> tuple[Any, ...]:
    change = event.change or Change(None, "")
    return (
        event.position,
        event.id,
        event.kind,
        event.occurred_at,
        event.recorded_at,
        event.subject_kind,
        event.subject_id,
        event.subject_sequence,
        event.actor_kind,
        event.actor_id,
        event.actor_name,
        event.party,
        event.on_behalf_of,
        change.frm,
        change.to or None,
        change.reason,
        change.comment,
        json.dumps(event.data, ensure_ascii=False, separators=(",", ":")),
        json.dumps(event.audience, separators=(",", ":")),
    )


def _change(row: Any) -> Change | None:
    if row["change_to"] is None:
        return None
    return Change(row["change_from"], row["change_to"], row["reason"], row["comment"])
