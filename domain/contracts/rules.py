"""What a contract and its amendments must satisfy: pure, every problem at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.contracts.codes import ContractRole as R
from domain.contracts.draft import ContractDraft, PartyDraft, Terms
from domain.contracts.steps import COMPANIES, HOLDERS, PRINCIPALS
from domain.errors import Problem
from domain.money import AMOUNT_DIGITS, agree, decimals, digits_before_point, total
from domain.rules_text import problem, text_problems
from domain.text import normal

NUMBER_MAX = 50
LABEL_MAX = 200
LOT_MAX = 20
COMMENT_MAX = 500
MOST_LOTS = 100
MOST_PARTIES = 250

Path = tuple[str, ...]
Problems = Iterator[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureFacts:
    """A structure that was named."""

    id: str
    name: str
    is_active: bool = True
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of what the terms name, by the identifiers given there."""

    structures: Mapping[str, StructureFacts] = field(default_factory=dict)
    # Active services by (identifier of the structure, code).
    services: Mapping[tuple[str, str], str] = field(default_factory=dict)


def contract_problems(draft: ContractDraft, facts: Facts) -> list[Problem]:
    """Every reason to refuse a proposal."""
    number = normal(draft.number)
    found = [] if number else [problem("BDR-CTR-001", ("number",))]
    found += text_problems(number or "", ("number",), NUMBER_MAX)
    return [*found, *terms_problems(draft.terms, facts)]


def terms_problems(terms: Terms, facts: Facts, path: Path = ("terms",)) -> list[Problem]:
    """Every reason to refuse terms."""
    if len(terms.lots) > MOST_LOTS or len(terms.parties) > MOST_PARTIES:
        return [problem("BDR-CTR-019", path, lots=MOST_LOTS, parties=MOST_PARTIES)]
    # Who is not named at all is told so by `_known`, and by nothing else.
    named = [n for n, party in enumerate(terms.parties) if party.identifier is not None]
    return [
        *_texts(terms, path),
        *_amounts(terms, path),
        *_composition(terms, path),
        *(p for check in _OF_EACH for n in named for p in check(terms, n, path)),
        *_known(terms, facts, path),
    ]


def comment_problems(comment: str | None, *, is_needed: bool) -> list[Problem]:
    """Whether what was said with a step can be kept, and is there when it must be."""
    if normal(comment) is None:
        return [problem("BDR-CTR-001", ("comment",))] if is_needed else []
    return text_problems(comment or "", ("comment",), COMMENT_MAX)


def admission_problems(on: date | None, today: date) -> list[Problem]:
    """The date of the authority's act has come."""
    return [] if on is None or on <= today else [problem("BDR-CTR-023", ("on",), date=on)]


def _texts(terms: Terms, path: Path) -> Problems:
    if terms.label is None:
        yield problem("BDR-CTR-001", (*path, "label"))
    yield from text_problems(terms.label or "", (*path, "label"), LABEL_MAX)
    for n, lot in enumerate(terms.lots):
        at = (*path, "lots", str(n))
        yield from text_problems(lot.number or "", (*at, "number"), LOT_MAX)
        yield from text_problems(lot.label or "", (*at, "label"), LABEL_MAX)
        if lot.number is None:
            yield problem("BDR-CTR-001", (*at, "number"))
        elif lot.number in [earlier.number for earlier in terms.lots[:n]]:
            yield problem("BDR-CTR-016", (*at, "number"), lot=lot.number)


def _amounts(terms: Terms, path: Path) -> Problems:
    yield from _amount(terms.amount, (*path, "amount"))
    for n, lot in enumerate(terms.lots):
        yield from _amount(lot.amount, (*path, "lots", str(n), "amount"))
    for n, party in enumerate(terms.parties):
        yield from _amount(party.ceiling, (*path, "parties", str(n), "ceiling"))
    if terms.amount is None:
        return
    of_lots = [lot.amount for lot in terms.lots if lot.amount is not None]
    if of_lots and len(of_lots) == len(terms.lots) and not agree(total(of_lots), terms.amount):
        yield problem("BDR-CTR-017", (*path, "amount"), amount=terms.amount, lots=total(of_lots))
    ceilings = total(p.ceiling for p in terms.parties if p.ceiling is not None)
    if ceilings > terms.amount:
        yield problem("BDR-CTR-018", (*path, "amount"), amount=terms.amount, ceilings=ceilings)


def _amount(amount: Decimal | None, path: Path) -> Problems:
    if amount is None:
        return
    if amount <= 0 or decimals(amount) > 2 or digits_before_point(amount) > AMOUNT_DIGITS:
        yield problem("BDR-CTR-015", path, amount=amount)


def _composition(terms: Terms, path: Path) -> Problems:
    """Who must be there, and how often."""
    at = (*path, "parties")
    counts = Counter(party.role for party in terms.parties)
    if counts[R.CONTRACTING_AUTHORITY] != 1:
        yield problem("BDR-CTR-007", at)
    if counts[R.HOLDER] + counts[R.GROUP_AGENT] != 1:
        yield problem("BDR-CTR-008", at)
    elif bool(counts[R.GROUP_AGENT]) != bool(counts[R.CO_CONTRACTOR]):
        yield problem("BDR-CTR-009", at)
    for role in (R.PROJECT_MANAGER, R.FINANCE_SERVICE):
        if counts[role] > 1:
            yield problem("BDR-CTR-010", at, role=role)


def _key(party: PartyDraft) -> tuple[object, ...]:
    """What tells one role from another: a subcontractor may work for two, on several lots."""
    if party.role is R.SUBCONTRACTOR:
        return (party.role, party.identifier, party.principal, party.lot)
    return (party.role, party.identifier)


def _once(terms: Terms, n: int, path: Path) -> Problems:
    party = terms.parties[n]
    if _key(party) in [_key(earlier) for earlier in terms.parties[:n]]:
        yield problem("BDR-CTR-014", (*path, "parties", str(n)), identifier=party.identifier)


def _sides(terms: Terms, n: int, path: Path) -> Problems:
    """A company neither buys what it sells nor is its own subcontractor."""
    party = terms.parties[n]
    others = {p.role for p in terms.parties if p.identifier == party.identifier} - {party.role}
    buying = {R.CONTRACTING_AUTHORITY, R.FINANCE_SERVICE}
    if party.role in COMPANIES and others & (buying | PRINCIPALS):
        at = (*path, "parties", str(n), "identifier")
        yield problem("BDR-CTR-013", at, identifier=party.identifier)


def _subcontracting(terms: Terms, n: int, path: Path) -> Problems:
    party, at = terms.parties[n], (*path, "parties", str(n))
    if party.role is not R.SUBCONTRACTOR:
        for name, value in (("principal", party.principal), ("ceiling", party.ceiling)):
            if value is not None:
                yield problem("BDR-CTR-012", (*at, name))
        return
    if party.principal is None:
        yield problem("BDR-CTR-001", (*at, "principal"))
    elif party.principal not in {p.identifier for p in terms.parties if p.role in PRINCIPALS}:
        yield problem("BDR-CTR-011", (*at, "principal"), identifier=party.principal)


def _lot(terms: Terms, n: int, path: Path) -> Problems:
    party, at = terms.parties[n], (*path, "parties", str(n), "lot")
    if party.lot is None:
        return
    if party.role not in COMPANIES - HOLDERS:
        yield problem("BDR-CTR-012", at)
    elif party.lot not in {lot.number for lot in terms.lots}:
        yield problem("BDR-CTR-020", at, lot=party.lot)


_OF_EACH: tuple[Callable[[Terms, int, Path], Problems], ...] = (
    _once,
    _sides,
    _subcontracting,
    _lot,
)


def _known(terms: Terms, facts: Facts, path: Path) -> Problems:
    for n, party in enumerate(terms.parties):
        at = (*path, "parties", str(n), "identifier")
        if party.identifier is None:
            yield problem("BDR-CTR-001", at)
            continue
        structure = facts.structures.get(party.identifier)
        if structure is None:
            yield problem("BDR-CTR-004", at, identifier=party.identifier)
            continue
        if not structure.is_active:
            yield problem("BDR-CTR-005", at, name=structure.name)
        if party.role is R.FINANCE_SERVICE and not structure.is_public:
            yield problem("BDR-CTR-024", at, name=structure.name)
        code = party.service_code
        if code is not None and (party.identifier, code) not in facts.services:
            yield problem(
                "BDR-CTR-006",
                (*path, "parties", str(n), "serviceCode"),
                name=structure.name,
                service=code,
            )
