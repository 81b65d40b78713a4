"""The steps of an attachment as a diagram and a table, from the rows that the product enforces."""

from __future__ import annotations

from collections.abc import Iterator

from domain.accounts.membership import STEPS, AttachmentStatus, MemberStep, always
from domain.labels import ATTACHMENT_STATUSES, MEMBER_ACTIONS
from domain.rules_text import RULES

_BY = {"MANAGER": "manager", "ADMINISTRATOR": "administrator", "MEMBER": "the member itself"}


def attachment_steps() -> Iterator[str]:
    """The section of `lifecycles.md` on attachments."""
    yield "## Attachment of a member to a structure"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"  {status}: {words.fr}" for status, words in ATTACHMENT_STATUSES.items())
    yield f"  [*] --> {AttachmentStatus.EN_COURS_DE_VALIDATION}: Demander un rattachement"
    yield from dict.fromkeys(_arrows())
    yield "```"
    yield ""
    yield "Who was refused or removed may ask again. A step that keeps the state is in the table."
    yield ""
    yield "| action | libellé | label | from | to | by | comment | event | condition |"
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from ("| " + " | ".join(_cells(step)) + " |" for step in STEPS)
    yield ""
    rules = sorted({s.only_if.rule for s in STEPS if s.only_if is not always})
    yield from (f"- {rule}: {RULES[rule].en}" for rule in rules)


def _arrows() -> Iterator[str]:
    for step in STEPS:
        if step.to is not None:
            words = MEMBER_ACTIONS[step.action].fr
            yield from (f"  {frm} --> {step.to}: {words}" for frm in _from(step))


def _from(step: MemberStep) -> list[str]:
    return [status.value for status in AttachmentStatus if status in step.frm]


def _cells(step: MemberStep) -> tuple[str, ...]:
    words = MEMBER_ACTIONS[step.action]
    return (
        f"`{step.action}`",
        words.fr,
        words.en,
        ", ".join(f"`{status}`" for status in _from(step)),
        f"`{step.to}`" if step.to else "—",
        _BY[step.by],
        "needed" if step.needs_comment else "",
        f"`{step.event}`",
        "" if step.only_if is always else step.only_if.rule,
    )
