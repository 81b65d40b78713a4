"""The life cycles as diagrams and as tables: what `lifecycles` serves, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.described import LIFECYCLES
from domain.diagrams import mermaid
from domain.invoices.words import NEEDS
from domain.labels import PARTIES
from domain.lifecycle import Step
from domain.lifecycles import Described, ordered
from domain.policy import Policy
from domain.reference.frames import FRAMES
from domain.reference.statuses import STATUSES
from domain.rules_text import RULES
from frontend_contract.attachment_steps import attachment_steps
from frontend_contract.contract_steps import contract_steps

# What the diagrams assume of the site: the default settings.
_SITE = Policy()


def lifecycles() -> str:
    """`lifecycles.md`."""
    sections = [line for row in LIFECYCLES.values() for line in _section(row)]
    return "\n".join([*_head(), *sections, *contract_steps(), *attachment_steps()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Life cycles"
    yield ""
    yield "Generated from the rows that mutations enforce and `availableActions` shows. The query"
    yield "`lifecycle(kind)` serves the same for a site's settings; these are the default ones."
    yield "Ask `availableActions` what may be done to a document; never compute it in a front end."
    yield ""
    yield "In the diagrams, a step that only skips others is not drawn: the recipient's progress"
    yield "goes forward and may skip. An arrow that leaves the box leaves every status in it."
    yield "Steps that keep the status, and those of the free order of statuses, are in the table."
    yield ""


def _section(row: Described) -> Iterator[str]:
    yield from _diagrams(row)
    yield from _statuses(row)
    yield from _table(row)


def _diagrams(row: Described) -> Iterator[str]:
    for variant in row.variants:
        frames = ", ".join(f"{f.value} ({FRAMES[f].label.en.lower()})" for f in variant.frames)
        yield f"## {row.words.en}, {variant.words.en.lower()}: {frames}"
        yield ""
        yield "```mermaid"
        yield mermaid(row, variant, _SITE, "FR")
        yield "```"
        yield ""


def _statuses(row: Described) -> Iterator[str]:
    yield f"## {row.words.en}: statuses"
    yield ""
    yield "| code | libellé | label | tone | national code | final |"
    yield "|---|---|---|---|---|---|"
    for status in row.statuses():
        known = STATUSES[status]
        code = known.reform_code or " / ".join(
            f"{value} ({frame})" for frame, value in known.reform_code_by_frame.items()
        )
        final = "yes" if row.lifecycle.is_final(status) else ""
        cells = (f"`{status}`", known.label.fr, known.label.en, known.tone.value, str(code), final)
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _table(row: Described) -> Iterator[str]:
    yield f"## {row.words.en}: every step"
    yield ""
    yield "`—` as the end keeps the status. A condition names the rule that explains a refusal."
    yield ""
    yield "| action | libellé | label | from | to | by | needs | condition | by itself |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for step in row.lifecycle.steps:
        yield "| " + " | ".join(_cells(row, step)) + " |"
    yield ""
    rules = sorted({s.only_if.rule for s in row.lifecycle.steps if s.only_if})
    yield from (f"- {rule}: {RULES[rule].en}" for rule in rules)
    yield ""


def _cells(row: Described, step: Step[Any]) -> tuple[str, ...]:
    words = row.actions[step.action]
    return (
        f"`{step.action}`",
        words.fr,
        words.en,
        ", ".join(f"`{s}`" for s in ordered(step.frm)),
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
