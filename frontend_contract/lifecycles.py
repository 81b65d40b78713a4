"""The life cycles as diagrams and as tables, drawn from the rows that the product enforces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.invoices.lifecycle import INVOICE, InvoiceAction, InvoiceFacts
from domain.invoices.words import INVOICE_ACTIONS, NEEDS
from domain.labels import PARTIES
from domain.lifecycle import Lifecycle, Step
from domain.payments.steps import IN_HAND
from domain.reference.frames import FRAMES, Frame
from domain.reference.statuses import STATUSES, InvoiceStatus
from domain.rules_text import RULES
from frontend_contract.attachment_steps import attachment_steps

# What the diagrams assume where a row depends on the document or on the site.
_FACTS = InvoiceFacts(
    frame="A1",
    has_second_validator=False,
    free_status_order=False,
    payment_reported=True,
    retransmission_allowed=True,
    acknowledged=False,
    rejection_handled=False,
    tacit_days=15,
)
# Several frames share a diagram when the same rows apply to them.
_DIAGRAMS: Sequence[tuple[str, tuple[Frame, ...], tuple[InvoiceFacts, ...]]] = (
    ("direct", (Frame.A1, Frame.A2), (_FACTS,)),
    (
        "subcontractor",
        (Frame.A9,),
        (
            replace(_FACTS, frame="A9"),
            replace(_FACTS, frame="A9", has_second_validator=True),
        ),
    ),
    ("co-contractor", (Frame.A12,), (replace(_FACTS, frame="A12"),)),
)
_HAND = "EN_MAIN"


@dataclass(frozen=True)
class _Edge:
    """An arrow of a diagram."""

    frm: str
    to: str
    words: str


def lifecycles() -> str:
    """`lifecycles.md`."""
    of_invoices = [*_diagrams(INVOICE), *_statuses(INVOICE), *_table(INVOICE)]
    return "\n".join([*_head(), *of_invoices, *attachment_steps()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Life cycles"
    yield ""
    yield "Generated from the rows that `invoiceMove` enforces and `availableActions` shows."
    yield "Ask `availableActions` what may be done to a document; never compute it in a front end."
    yield ""
    yield "In the diagrams, a step that only skips others is not drawn: the recipient's progress"
    yield "goes forward and may skip. An arrow that leaves the box leaves every status in it."
    yield "Steps that keep the status, and those of the free order of statuses, are in the table."
    yield ""


def _diagrams(lifecycle: Lifecycle[Any]) -> Iterator[str]:
    for name, frames, facts in _DIAGRAMS:
        titles = ", ".join(f"{f.value} ({FRAMES[f].label.en.lower()})" for f in frames)
        yield f"## Invoice, {name}: {titles}"
        yield ""
        yield "```mermaid"
        yield "stateDiagram-v2"
        yield from _states(_reached(lifecycle, facts))
        starts = dict.fromkeys(s.to for s in lifecycle.from_status("BROUILLON") if _any(s, facts))
        yield "  [*] --> BROUILLON"
        yield from (f"  [*] --> {to}: {_action('SUBMIT')}" for to in starts if to != "SUPPRIMEE")
        yield from (f"  {e.frm} --> {e.to}: {e.words}" for e in _edges(lifecycle, facts))
        ends = [s for s in _reached(lifecycle, facts) if _is_end(lifecycle, s, facts)]
        yield from (f"  {status} --> [*]" for status in ends)
        yield "```"
        yield ""


def _states(statuses: Sequence[str]) -> Iterator[str]:
    for status in statuses:
        if status not in IN_HAND:
            yield f"  {status}: {_label(status)}"
    held = [s for s in statuses if s in IN_HAND]
    if held:
        yield f'  state "Entre les mains du destinataire" as {_HAND} {{'
        yield from (f"    {status}: {_label(status)}" for status in held)
        yield "  }"


def _reached(lifecycle: Lifecycle[Any], facts: Sequence[InvoiceFacts]) -> list[str]:
    """The statuses that these facts lead to, in the order of the reference table."""
    found, waiting = set[str](), {"BROUILLON"}
    while waiting:
        found |= waiting
        waiting = {
            step.to
            for status in waiting
            for step in lifecycle.from_status(status)
            if step.to is not None and _any(step, facts)
        } - found
    return [s.value for s in STATUSES if s.value in found]


def _any(step: Step[Any], facts: Iterable[InvoiceFacts]) -> bool:
    return any(step.allowed(f) for f in facts)


def _is_end(lifecycle: Lifecycle[Any], status: str, facts: Sequence[InvoiceFacts]) -> bool:
    return all(s.to is None or not _any(s, facts) for s in lifecycle.from_status(status))


def _edges(lifecycle: Lifecycle[Any], facts: Sequence[InvoiceFacts]) -> Iterator[_Edge]:
    reached = set(_reached(lifecycle, facts))
    steps = [s for s in lifecycle.steps if s.to is not None and _any(s, facts)]
    plain = {(frm, s.to): s for s in steps if s.needs is None and s.frm <= IN_HAND for frm in s.frm}
    for step in steps:
        assert step.to is not None
        words = _words(step)
        if step.frm >= IN_HAND:
            yield _Edge(_HAND, step.to, words)
        for frm in (s.value for s in STATUSES if s.value in step.frm & reached):
            in_box = step.frm >= IN_HAND and frm in IN_HAND
            skips = step is plain.get((frm, step.to)) and any(
                (frm, middle) in plain and (middle, step.to) in plain for middle in IN_HAND
            )
            if not in_box and not skips:
                yield _Edge(frm, step.to, words)


def _words(step: Step[Any]) -> str:
    party = PARTIES[step.by].fr.lower()
    when = ", au terme du délai" if step.after is not None else ""
    return f"{_action(step.action)} ({party}{when})"


def _statuses(lifecycle: Lifecycle[Any]) -> Iterator[str]:
    yield "## Statuses of an invoice"
    yield ""
    yield "| code | libellé | label | tone | national code | final |"
    yield "|---|---|---|---|---|---|"
    for status in (s for s in STATUSES if s.value in lifecycle.statuses()):
        row = STATUSES[status]
        code = row.reform_code or " / ".join(
            f"{value} ({frame})" for frame, value in row.reform_code_by_frame.items()
        )
        final = "yes" if row.is_final else ""
        cells = (f"`{status}`", row.label.fr, row.label.en, row.tone.value, str(code), final)
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _table(lifecycle: Lifecycle[Any]) -> Iterator[str]:
    yield "## Every step of an invoice"
    yield ""
    yield "`—` as the end keeps the status. A condition names the rule that explains a refusal."
    yield ""
    yield "| action | libellé | label | from | to | by | needs | condition | by itself |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for step in lifecycle.steps:
        yield "| " + " | ".join(_cells(step)) + " |"
    yield ""
    rules = sorted({s.only_if.rule for s in lifecycle.steps if s.only_if})
    yield from (f"- {rule}: {RULES[rule].en}" for rule in rules)


def _cells(step: Step[Any]) -> tuple[str, ...]:
    words = INVOICE_ACTIONS[InvoiceAction(step.action)]
    return (
        f"`{step.action}`",
        words.fr,
        words.en,
        ", ".join(f"`{s.value}`" for s in STATUSES if s.value in step.frm),
        f"`{step.to}`" if step.to else "—",
        PARTIES[step.by].en.lower(),
        NEEDS[step.needs].en.lower() if step.needs else "",
        step.only_if.rule if step.only_if else "",
        _by_itself(step),
    )


def _by_itself(step: Step[Any]) -> str:
    if step.after is not None:
        return "after a delay of the site"
    return "at once" if step.by.value == "SYSTEM" else ""


def _label(status: str) -> str:
    return STATUSES[InvoiceStatus(status)].label.fr


def _action(action: str) -> str:
    return INVOICE_ACTIONS[InvoiceAction(action)].fr
