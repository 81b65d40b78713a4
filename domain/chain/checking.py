"""Whether a history is whole and unaltered: what anyone checks, with or without the database.

It is given the events one after the other, as `log export` writes them: the record, its hash, and
the values and salts of the parts that are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.chain import form

# The only kind of event that may cause redactions.
ERASED = "account.erased"
Line = Mapping[str, Any]


class Flaw(Exception):
    """What is wrong with the history, and at which position it begins to be."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"position {position}: {what}")
        self.position = position
        self.what = what


@dataclass(frozen=True)
class _Change:
    """A part that is no longer what its record says, to be explained by redactions."""

    original: str
    present: str
    actor_id: str
    subject_id: str
    text: str


@dataclass(frozen=True)
class _Link:
    before: str
    after: str
    cause: int
    account: str


@dataclass
class Checker:
    """Follows a history. `previous` is the hash that its first event must follow, if known."""

    previous: str | None = form.GENESIS
    position: int | None = None
    epoch: int = 0
    count: int = 0
    redacted: int = 0
    _changes: dict[tuple[int, str], _Change] = field(default_factory=dict)
    _links: dict[tuple[int, str], list[_Link]] = field(default_factory=dict)

    def follow(self, line: Line) -> None:
        """Take the next event.

        Raises:
            Flaw: it is not the next one, or not as it was written.
        """
        expected = self.position + 1 if self.position is not None else None
        try:
            self._follow(line, expected)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Flaw(expected or 1, f"it cannot be read as an event ({error!r})") from error

    def _follow(self, line: Line, expected: int | None) -> None:
        record, given = line["record"], line["hash"]
        position = record["position"]
        if expected is not None and position != expected:
            raise Flaw(expected, f"it is missing: event {position} follows {expected - 1}")
        if record["type"] != form.TYPE or form.hash_of(record) != given:
            raise Flaw(position, "its hash is not that of what it says")
        if self.previous is not None and record["previous"] != self.previous:
            raise Flaw(position, "it does not follow the event before it")
        if record["epoch"] < self.epoch:
            raise Flaw(position, f"it is of epoch {record['epoch']}, after epoch {self.epoch}")
        self._compare(line)
        self._take_links(line)
        self.previous, self.position, self.epoch = given, position, record["epoch"]
        self.count += 1

    def _compare(self, line: Line) -> None:
        record, values, salts = line["record"], line["values"], line["salts"]
        for part in form.PARTS:
            original, present = record["digests"][part], form.digest(values[part], salts[part])
            if present == original:
                continue
            if part not in form.ERASABLE:
                raise Flaw(record["position"], f"its {part} is not the one that was recorded")
            self._changes[record["position"], part] = _Change(
                original, present, values["actor_id"], record["subject_id"], values[part] or ""
            )

    def _take_links(self, line: Line) -> None:
        record, links = line["record"], line.get("redactions") or ()
        position = record["position"]
        if record["kind"] != ERASED:
            if links:
                raise Flaw(position, "redactions are said to come from it: it is no erasure")
            return
        told = json.loads(line["values"]["data"]).get("redacted")
        said = form.commitment(sorted(links))
        if said != (told or form.commitment(())):
            raise Flaw(position, "the redactions of this erasure are not those that it told of")
        for redacted, part, before, after in links:
            if redacted >= position:
                raise Flaw(position, f"it redacts event {redacted}, which comes after it")
            link = _Link(before, after, position, record["subject_id"])
            self._links.setdefault((redacted, part), []).append(link)

    def finish(self) -> None:
        """Nothing follows: every content that changed must have been redacted.

        Raises:
            Flaw
        """
        for (position, part), change in sorted(self._changes.items()):
            links = self._links.get((position, part), ())
            if not _explains(links, change):
                raise Flaw(position, f"its {part} was replaced, and no erasure tells of it")
            if not all(_is_about(change, part, link) for link in links):
                raise Flaw(position, f"its {part} was replaced by the erasure of someone else")
        self.redacted = len({position for position, _ in self._changes})


def _explains(links: Sequence[_Link], change: _Change) -> bool:
    """Whether the redactions lead from what was recorded to what stands there.

    It may be what stood there between two of them: a verification goes on while people are erased.
    """
    digest, reached = change.original, False
    for link in links:
        if link.before != digest:
            return False
        digest = link.after
        reached = reached or digest == change.present
    return reached


def _is_about(change: _Change, part: str, link: _Link) -> bool:
    if link.account == change.actor_id:
        return True
    return part != "actor_name" and (
        link.account == change.subject_id or link.account in change.text
    )
