"""What a memo of court costs must satisfy to be submitted: pure, every problem at once."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date

from domain.claims.rules import ClaimRules, DepositFacts, Path, Problems, claim_problems
from domain.claims.rules import form_problems as shared_form
from domain.errors import Problem
from domain.invoices.form import EARLIEST, LATEST
from domain.invoices.rules import missing
from domain.invoices.sums import sum_problems
from domain.memos.draft import MemoDraft
from domain.money import ZERO
from domain.rules_text import problem, text_problems

_RULES = ClaimRules(
    space_closed="BDR-MEM-001",
    recipient_closed="BDR-MEM-002",
    of_oneself="BDR-MEM-003",
    number_used="BDR-MEM-004",
    dated_ahead="BDR-MEM-005",
    required=(
        ("registry_service_code", "registryServiceCode"),
        ("case_number", "caseNumber"),
        ("mission", "mission"),
        ("ordered_on", "orderedOn"),
        ("mission_ended_on", "missionEndedOn"),
        ("total_net", "totalNet"),
        ("total_vat", "totalVat"),
        ("total_gross", "totalGross"),
    ),
)
_LINE_REQUIRED = (
    ("name", "name"),
    ("quantity", "quantity"),
    ("unit_price", "unitPrice"),
    ("vat_rate", "vatRate"),
)
_TEXTS = (
    ("registry_service_code", "registryServiceCode", 100),
    ("case_number", "caseNumber", 50),
)
_DATES = (("ordered_on", "orderedOn"), ("mission_ended_on", "missionEndedOn"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoFacts:
    """What is known about what a memo names.

    `filed` counts the memos of a provider of whom no registry has certified any, else None;
    `most_filed` is how many it may have, None for any number.
    """

    common: DepositFacts
    filed: int | None = None
    most_filed: int | None = None


def form_problems(draft: MemoDraft, facts: MemoFacts, path: Path) -> list[Problem]:
    """Every fault of form; nothing is required."""
    found = shared_form(draft, facts.common, path)
    for attribute, name, longest in _TEXTS:
        if (text := getattr(draft, attribute)) is not None:
            found += text_problems(text, (*path, name), longest)
    for attribute, name in _DATES:
        if (day := getattr(draft, attribute)) is not None and not EARLIEST <= day <= LATEST:
            found.append(problem("BDR-INV-003", (*path, name), date=day))
    return found


def problems_of(draft: MemoDraft, facts: MemoFacts, path: Path = ("memo",)) -> list[Problem]:
    """Every reason to refuse the memo, and advice (severity WARNING), in a stable order."""
    return [
        *form_problems(draft, facts, path),
        *claim_problems(draft, facts.common, _RULES, path),
        *_registry(draft, facts.common, path),
        *_mission(draft, facts.common.named.today, path),
        *_lines(draft, path),
        *sum_problems(draft.as_invoice(), path),
        *_provider(facts, path),
    ]


def last_day(ended_on: date) -> date:
    """The last day to file the memo of a mission: one year after its end."""
    if (ended_on.month, ended_on.day) == (2, 29) and not isleap(ended_on.year + 1):
        return date(ended_on.year + 1, 2, 28)
    return ended_on.replace(year=ended_on.year + 1)


def _registry(draft: MemoDraft, facts: DepositFacts, path: Path) -> Problems:
    jurisdiction, known = facts.named.recipient, facts.named.validator_1
    if draft.registry_service_code is None or jurisdiction is None:
        return
    words = {"name": jurisdiction.name, "service": draft.registry_service_code}
    at = (*path, "registryServiceCode")
    if known is None or known.service is None:
        yield problem("BDR-INV-085", at, **words)
    elif not known.service.is_active:
        yield problem("BDR-INV-086", at, **words)


def _mission(draft: MemoDraft, today: date, path: Path) -> Problems:
    ended_on, at = draft.mission_ended_on, (*path, "missionEndedOn")
    if ended_on is None or not EARLIEST <= ended_on <= LATEST:
        return
    if ended_on > today:
        yield problem("BDR-MEM-006", at, date=ended_on)
    elif today > last_day(ended_on):
        yield problem("BDR-MEM-007", at, date=ended_on, last=last_day(ended_on))
    if draft.ordered_on is not None and draft.ordered_on > ended_on:
        yield problem("BDR-MEM-008", (*path, "orderedOn"), date=draft.ordered_on, ended=ended_on)


def _lines(draft: MemoDraft, path: Path) -> Problems:
    if not draft.lines:
        yield problem("BDR-MEM-009", (*path, "lines"))
    for position, line in enumerate(draft.lines):
        yield from missing(line, _LINE_REQUIRED, (*path, "lines", str(position)))
    if draft.total_gross == ZERO:
        yield problem("BDR-MEM-010", (*path, "totalGross"))


def _provider(facts: MemoFacts, path: Path) -> Problems:
    if facts.filed is None or facts.most_filed is None or facts.filed < facts.most_filed:
        return
    yield problem("BDR-MEM-011", (*path, "supplierId"), most=facts.most_filed)
