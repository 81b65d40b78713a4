"""Which documents a caller may see: the parts of its structures in them, as conditions of SQL.

From the same life cycle as `Document.visible_to`, which judges one row at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.access import Actor
from domain.lifecycle import Lifecycle, Offer, Party
from domain.select import (
    MAX_BRANCHES,
    Condition,
    Select,
    all_of,
    among,
    any_of,
    equals,
    not_null,
    unless,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table names the structure that plays a part, and the service through which it does.

    `where` narrows the rows in which the part is played at all.
    """

    structure: str
    service: str | None = None
    where: Condition | None = None


@dataclass(frozen=True)
class Openings:
    """How the rows of one kind of document open themselves to callers."""

    table: str
    lifecycle: Lifecycle[Any]
    columns: Mapping[Party, Columns]

    def seen(self, actor: Actor) -> Select | None:
        """The documents that the actor may see, to look some up; None when there can be none."""
        found = self.conditions(actor)
        return Select(self.table).where(any_of(*found)) if found else None

    def listed(
        self,
        actor: Actor,
        *,
        parties: Collection[Party] = (),
        structures: Collection[str] = (),
        criteria: Iterable[Condition | None] = (),
        order: Any,
    ) -> Select | None:
        """Those in which the actor's structures play one of the parts, that the criteria keep."""
        found = self.conditions(actor, parties, structures)
        if not found:
            return None
        select = Select(self.table).where(*criteria).by(order)
        if len(found) > MAX_BRANCHES:
            return select.where(any_of(*found))
        return select.either(*found)

    def conditions(
        self, actor: Actor, parties: Collection[Party] = (), structures: Collection[str] = ()
    ) -> list[Condition]:
        """One alternative for each way in which a right of the actor opens a document.

        Rights held on single services add to those on structures; who holds none pays nothing
        for it. A party that these documents do not have opens none.
        """
        wanted = frozenset(structures)
        return [
            opening
            for party in (parties or self.columns)
            if party in self.columns
            for opening in (
                *self._of_structures(actor, party, wanted),
                *self._of_services(actor, party, wanted),
            )
        ]

    def _of_services(self, actor: Actor, party: Party, wanted: frozenset[str]) -> list[Condition]:
        column = self.columns[party].service
        services = actor.services(self.lifecycle.sees[party]) if column else frozenset()
        if column is None or not services:
            return []
        narrowed = list(self._narrowed(party))
        if wanted:
            narrowed.append(among(self.columns[party].structure, wanted))
        if len(services) <= MAX_BRANCHES // len(self.columns):
            return [all_of(equals(column, s), *narrowed) for s in sorted(services)]
        return [all_of(among(column, services), *narrowed)]

    def _of_structures(self, actor: Actor, party: Party, wanted: frozenset[str]) -> list[Condition]:
        structures = actor.structures(self.lifecycle.sees[party])
        column, narrowed = self.columns[party].structure, list(self._narrowed(party))
        if structures is None:
            if not wanted:
                return [all_of(not_null(column), *narrowed)]
            structures = wanted
        elif wanted:
            structures &= wanted
        if len(structures) <= MAX_BRANCHES // len(self.columns):
            return [all_of(equals(column, s), *narrowed) for s in sorted(structures)]
        return [all_of(among(column, structures), *narrowed)]

    def _narrowed(self, party: Party) -> Iterator[Condition]:
        """Where the party sees the document, beyond being named in it."""
        if hidden := self.lifecycle.hidden.get(party):
            yield unless(among("status", hidden))
        if (where := self.columns[party].where) is not None:
            yield where

    def named(self) -> tuple[str, ...]:
        """The columns that name who plays which part."""
        rows = self.columns.values()
        names = [*(c.structure for c in rows), *(c.service for c in rows if c.service)]
        return tuple(dict.fromkeys(names))

    def offers(
        self, row: Any, viewer: Actor, facts: Any, parties: Collection[Party] | None = None
    ) -> Iterator[tuple[Offer[Any], str | None]]:
        """What the table has for the viewer's structures in a row, and the rule against it.

        Each action once, as the part that may take it. `parties` are those that play in this row,
        when not every column that is filled says so.
        """
        structures = {
            party: named
            for party, columns in self.columns.items()
            if (parties is None or party in parties)
            and (named := getattr(row, columns.structure)) is not None
        }
        mine = [party for party, named in structures.items() if named in viewer.rights]
        found: dict[str, tuple[Offer[Any], str | None]] = {}
        for offer in self.lifecycle.offers(row.status, mine, facts):
            permission = self.lifecycle.needs[offer.party]
            column = self.columns[offer.party].service
            service = getattr(row, column) if column else None
            may = viewer.may(permission, structures[offer.party]) or (
                service is not None and viewer.may(permission, service)
            )
            rule = offer.refused_by if may else "BDR-LIF-002"
            known = found.get(offer.step.action)
            if known is None or (rule is None and known[1] is not None):
                found[offer.step.action] = (offer, rule)
        yield from found.values()
