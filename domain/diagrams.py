"""A life cycle as a Mermaid diagram, from the rows that are enforced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.labels import PARTIES
from domain.lifecycle import Lifecycle, Step
from domain.lifecycles import Described, Variant, belongs, ends, ordered, reached, starts
from domain.payments.steps import IN_HAND
from domain.policy import Policy
from domain.reference.statuses import STATUSES, InvoiceStatus
from domain.reference.words import Locale, Words

# The box of the statuses through which the recipient goes forward.
_HAND = "EN_MAIN"
_IN_HAND = Words("Entre les mains du destinataire", "In the recipient's hands")
_AFTER = Words("au terme du délai", "when the time is over")


@dataclass(frozen=True)
class _Edge:
    """An arrow of a diagram."""

    frm: str
    to: str
    words: str


def mermaid(row: Described, variant: Variant, site: Policy, locale: Locale) -> str:
    """The states and arrows of a variant. A step that only skips others is not drawn."""
    return "\n".join(_Drawing(row, variant.facts(site), locale).lines())


class _Drawing:
    def __init__(self, row: Described, facts: Sequence[Any], locale: Locale) -> None:
        self._lifecycle: Lifecycle[Any] = row.lifecycle
        self._actions: Mapping[Any, Words] = row.actions
        self._facts = facts
        self._locale = locale
        self._reached = reached(row.lifecycle, facts)
        # What is in the box: the kind may lack some of these statuses.
        self._held = IN_HAND & set(self._reached)

    def lines(self) -> Iterator[str]:
        """Every line of the diagram."""
        yield "stateDiagram-v2"
        yield from self._states()
        for step, status in starts(self._lifecycle, self._facts):
            yield f"  [*] --> {status}" + (f": {self._action(step)}" if step else "")
        yield from (f"  {e.frm} --> {e.to}: {e.words}" for e in self._edges())
        yield from (f"  {status} --> [*]" for status in ends(self._lifecycle, self._facts))

    def _states(self) -> Iterator[str]:
        for status in self._reached:
            if status not in self._held:
                yield f"  {status}: {self._label(status)}"
        if self._held:
            yield f'  state "{self._said(_IN_HAND)}" as {_HAND} {{'
            yield from (f"    {status}: {self._label(status)}" for status in ordered(self._held))
            yield "  }"

    def _edges(self) -> Iterator[_Edge]:
        steps = [s for s in self._lifecycle.steps if s.to is not None and belongs(s, self._facts)]
        plain = {
            (frm, s.to): s for s in steps if s.needs is None and s.frm <= IN_HAND for frm in s.frm
        }
        for step in steps:
            assert step.to is not None
            words = self._words(step)
            if self._leaves_box(step):
                yield _Edge(_HAND, step.to, words)
            for frm in ordered(step.frm & set(self._reached)):
                in_box = frm in self._held and self._leaves_box(step)
                skips = step is plain.get((frm, step.to)) and any(
                    (frm, middle) in plain and (middle, step.to) in plain for middle in IN_HAND
                )
                if not in_box and not skips:
                    yield _Edge(frm, step.to, words)

    def _leaves_box(self, step: Step[Any]) -> bool:
        """Whether it may be taken from every status in the box."""
        return bool(self._held) and step.frm >= self._held

    def _words(self, step: Step[Any]) -> str:
        party = self._said(PARTIES[step.by]).lower()
        when = f", {self._said(_AFTER)}" if step.after is not None else ""
        return f"{self._action(step)} ({party}{when})"

    def _action(self, step: Step[Any]) -> str:
        return self._said(self._actions[step.action])

    def _label(self, status: InvoiceStatus) -> str:
        return self._said(STATUSES[status].label)

    def _said(self, words: Words) -> str:
        return words.in_(self._locale)
