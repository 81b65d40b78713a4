"""What every claim must satisfy to be submitted: pure, every problem at once.

Structures, services, accounts and the form of shared fields obey the rules of invoices; what is
said in words of its own has a code for each kind of claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.claims.draft import ClaimDraft
from domain.errors import Problem
from domain.invoices.form import draft_problems
from domain.invoices.rules import (
    Facts,
    missing,
    recipient_problems,
    service_problems,
    supplier_problems,
)
from domain.rules_text import problem

Path = tuple[str, ...]
Problems = Iterator[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """The codes of what one kind of claim says in its own words, and what it requires."""

    space_closed: str
    recipient_closed: str
    of_oneself: str
    number_used: str
    dated_ahead: str
    required: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositFacts:
    """What is known about what a claim names. `named` is what invoices would know of it."""

    named: Facts
    space_is_open: bool = True
    recipient_is_open: bool = True
    number_used_by: str | None = None
    reference_used_by: str | None = None


_HEAD = (
    ("supplier_id", "supplierId"),
    ("number", "number"),
    ("issued_on", "issuedOn"),
    ("recipient_siret", "recipientSiret"),
)


def form_problems(draft: ClaimDraft, facts: DepositFacts, path: Path) -> list[Problem]:
    """Every fault of form in the fields of all claims. Nothing is required."""
    return draft_problems(draft.as_invoice(), path, check_luhn=facts.named.check_luhn)


def claim_problems(
    draft: ClaimDraft, facts: DepositFacts, rules: ClaimRules, path: Path
) -> Problems:
    """What all claims are refused for, beside their form."""
    yield from missing(draft, (*_HEAD, *rules.required), path)
    named, known = draft.as_invoice(), facts.named
    if draft.issued_on is not None and draft.issued_on > known.today:
        yield problem(rules.dated_ahead, (*path, "issuedOn"), date=draft.issued_on)
    if facts.number_used_by is not None:
        at = (*path, "number")
        yield problem(rules.number_used, at, number=draft.number, id=facts.number_used_by)
    yield from reference_problems(draft, facts, path)
    yield from supplier_problems(named, known, path)
    if known.supplier is not None and not facts.space_is_open:
        yield problem(rules.space_closed, (*path, "supplierId"), name=known.supplier.name)
    yield from recipient_problems(named, known, path)
    recipient = known.recipient
    if recipient is None or not recipient.is_public:
        return
    yield from service_problems(named, recipient, known, path)
    at = (*path, "recipientSiret")
    if not facts.recipient_is_open:
        yield problem(rules.recipient_closed, at, name=recipient.name)
    if known.supplier is not None and known.supplier.id == recipient.id:
        yield problem(rules.of_oneself, at)


def reference_problems(draft: ClaimDraft, facts: DepositFacts, path: Path) -> Problems:
    """Whether the depositor's own key names this claim alone: asked of saved drafts too."""
    if facts.reference_used_by is not None:
        yield problem(
            "BDR-INV-112",
            (*path, "externalReference"),
            reference=draft.external_reference,
            id=facts.reference_used_by,
        )
