"""The words of every rule: what is wrong, what to do about it, and where the rule comes from.

One row per rule, one module per subject; a section is extended at its end and an identifier is
never used again. Texts are `str.format` templates; `{field_fr}` and `{field_en}` are filled from
the path of the problem, everything else by the caller of `problem`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.errors import Problem
from domain.rules_text.accounts import ACCOUNTS
from domain.rules_text.connections import CONNECTIONS
from domain.rules_text.contracts import CONTRACTS
from domain.rules_text.dume import DUME
from domain.rules_text.events import EVENTS
from domain.rules_text.fields import FIELDS
from domain.rules_text.identifiers import IDENTIFIERS
from domain.rules_text.invoices import INVOICES
from domain.rules_text.life_cycle import LIFE_CYCLE
from domain.rules_text.members import MEMBERS
from domain.rules_text.memos import MEMOS
from domain.rules_text.refunds import REFUNDS
from domain.rules_text.requests import REQUESTS
from domain.rules_text.row import RuleText
from domain.rules_text.sandbox import SANDBOX
from domain.rules_text.signatures import SIGNATURES
from domain.rules_text.structures import STRUCTURES
from domain.rules_text.webhooks import WEBHOOKS
from domain.rules_text.works import WORKS
from domain.text import Fault, faults, first_unreadable, shown, shown_in_french

__all__ = ["FIELDS", "RULES", "RuleText", "joined", "problem", "text_problems"]


def joined(sections: Iterable[Mapping[str, RuleText]]) -> dict[str, RuleText]:
    """All sections as one table.

    Raises:
        ValueError: an identifier is given by two of them.
    """
    rules: dict[str, RuleText] = {}
    for section in sections:
        if twice := rules.keys() & section.keys():
            raise ValueError(f"rules given twice: {', '.join(sorted(twice))}")
        rules |= section
    return rules


_SECTIONS = (
    INVOICES,
    WORKS,
    LIFE_CYCLE,
    STRUCTURES,
    SIGNATURES,
    IDENTIFIERS,
    ACCOUNTS,
    MEMBERS,
    WEBHOOKS,
    EVENTS,
    REQUESTS,
    CONNECTIONS,
    SANDBOX,
    CONTRACTS,
    MEMOS,
    REFUNDS,
    DUME,
)

RULES = joined(_SECTIONS)


def problem(rule: str, path: tuple[str, ...] = (), /, **params: object) -> Problem:
    """The problem of a rule at a place of the input, in both languages."""
    row = RULES[rule]
    given = {name: shown(value) for name, value in params.items()}
    field_fr, field_en = _field_of(path)
    fields = {"field_fr": field_fr, "field_en": field_en}
    words = {**fields, **given}
    mots = {**fields, **{name: shown_in_french(value) for name, value in params.items()}}
    return Problem(
        code=row.code,
        path=path,
        rule=rule,
        fr=row.fr.format_map(mots),
        en=row.en.format_map(words),
        remedy_fr=row.remedy_fr.format_map(mots),
        remedy_en=row.remedy_en.format_map(words),
        params=given,
        severity=row.severity,
    )


def text_problems(
    text: str, path: tuple[str, ...], longest: int, *, paragraphs: bool = False
) -> list[Problem]:
    """Why the text cannot be kept: too long, or with a character that nobody can read."""
    return [
        problem(
            _TEXT_RULES[fault],
            path,
            length=len(text),
            longest=longest,
            character=first_unreadable(text) or "",
        )
        for fault in faults(text, longest, paragraphs=paragraphs)
    ]


_TEXT_RULES: Mapping[Fault, str] = {
    Fault.TOO_LONG: "BDR-TXT-001",
    Fault.CONTROL_CHARACTER: "BDR-TXT-002",
    Fault.DISGUISING_CHARACTER: "BDR-TXT-003",
    Fault.NOT_UNICODE: "BDR-TXT-004",
}


def _field_of(path: tuple[str, ...]) -> tuple[str, str]:
    name = next((step for step in reversed(path) if not step.isdecimal()), "")
    return FIELDS.get(name, (name, name))
