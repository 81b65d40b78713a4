"""What a piece must satisfy to be deposited in a works billing file: pure, every problem at once.

What is not found and what the caller may not see are the same: None. Paths point into the
caller's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.contracts.facts import KnownContract
from domain.errors import Problem
from domain.identifiers import is_invoice_number
from domain.invoices.form import EARLIEST, LATEST
from domain.invoices.rules import ServiceFacts, SupplierFacts, mandate_problems
from domain.lifecycle import Party
from domain.money import (
    AMOUNT_DIGITS,
    ZERO,
    agree,
    decimals,
    digits_before_point,
    plain,
    total,
    vat_on,
)
from domain.reference.currencies import CURRENCIES
from domain.reference.frames import WORKS_FRAMES
from domain.rules_text import problem, text_problems
from domain.works import circuits
from domain.works.contract_rules import contract_problems
from domain.works.draft import PieceDraft
from domain.works.lifecycle import OPEN_TO_FOLLOW, REFUSED
from domain.works.progress import rule_against

Path = tuple[str, ...]
Problems = Iterator[Problem]

COMMENT_MAX = 2000
MOST_ATTACHED = 50
MOST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFacts:
    """A structure named in the file. `space_is_open`: that of works, there or on the service."""

    id: str
    name: str
    is_public: bool = True
    is_active: bool = True
    space_is_open: bool = True
    service: ServiceFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceFacts:
    """A piece that the draft names, as its depositor sees it."""

    id: str
    frame: str
    status: str
    number: str | None
    depositor_id: str
    holder_id: str | None
    file_parties: Mapping[Party, str] = field(default_factory=dict)
    contract_number: str | None = None
    net: Decimal = ZERO
    to_pay: Decimal = ZERO
    is_lapsed: bool = False
    is_answered: bool = False
    lapses_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksDepositFacts:
    """What is known about what a draft names; None where nothing was named or nothing found.

    `parties` are those of the file as it would stand after the deposit. `waiting` are the numbers
    of validated requests of subcontractors that no statement carries yet.
    """

    today: date
    depositor: SupplierFacts | None = None
    space_is_open: bool = True
    has_bank_account: bool = False
    parties: Mapping[Party, PartyFacts] = field(default_factory=dict)
    previous: PieceFacts | None = None
    replaced: PieceFacts | None = None
    attached: tuple[PieceFacts | None, ...] = ()
    waiting: Sequence[str] = ()
    number_used_by: str | None = None
    reference_used_by: str | None = None
    # The contract that the piece bills, and what was billed to direct payment, by principal.
    contract: KnownContract | None = None
    billed: Mapping[str, Decimal] = field(default_factory=dict)


Facts = WorksDepositFacts
NOTHING_KNOWN = WorksDepositFacts(today=date.max)


def form_problems(draft: PieceDraft, path: Path = ("piece",)) -> list[Problem]:
    """Every fault of form; nothing is required. A draft that passes can be saved."""
    return [p for check in _FORM for p in check(draft, path)]


def problems_of(draft: PieceDraft, facts: Facts, path: Path = ("piece",)) -> list[Problem]:
    """Everything that keeps the draft from being deposited, and every advice."""
    found = form_problems(draft, path)
    if not circuits.is_works(draft.frame):
        # Every other rule depends on the frame.
        return found
    return [*found, *(p for check in _CHECKS for p in check(draft, facts, path))]


# Form


def _frame(draft: PieceDraft, path: Path) -> Problems:
    if not circuits.is_works(draft.frame):
        allowed = ", ".join(WORKS_FRAMES)
        yield problem("BDR-WRK-002", (*path, "frame"), frame=draft.frame, allowed=allowed)


def _texts(draft: PieceDraft, path: Path) -> Problems:
    limits = (
        ("external_reference", "externalReference", 255, False),
        ("contract_number", "contractNumber", 50, False),
        ("commitment_number", "commitmentNumber", 50, False),
        ("comment", "comment", COMMENT_MAX, True),
    )
    for name, shown, longest, paragraphs in limits:
        if text := getattr(draft, name):
            yield from text_problems(text, (*path, shown), longest, paragraphs=paragraphs)
    if draft.number and not is_invoice_number(draft.number):
        yield problem("BDR-WRK-003", (*path, "number"), number=draft.number)
    for at, deduction in enumerate(draft.deductions):
        if deduction.label:
            label = (*path, "deductions", str(at), "label")
            yield from text_problems(deduction.label, label, 100)


def _dates(draft: PieceDraft, path: Path) -> Problems:
    for name, shown in (
        ("issued_on", "issuedOn"),
        ("period_from", "periodFrom"),
        ("period_to", "periodTo"),
    ):
        day = getattr(draft, name)
        if day is not None and not EARLIEST <= day <= LATEST:
            yield problem("BDR-WRK-004", (*path, shown), date=day)
    if draft.period_from and draft.period_to and draft.period_from > draft.period_to:
        yield problem("BDR-WRK-035", (*path, "periodTo"), start=draft.period_from)


def _figures(draft: PieceDraft, path: Path) -> Problems:
    for at, amount in _amounts(draft):
        if decimals(amount) > 2 or digits_before_point(amount) > AMOUNT_DIGITS:
            yield problem("BDR-WRK-005", (*path, *at), amount=plain(amount))
    for n, vat in enumerate(draft.vat_breakdown):
        if vat.rate is not None and not ZERO <= vat.rate <= 100:
            yield problem("BDR-WRK-036", (*path, "vatBreakdown", str(n), "rate"), rate=vat.rate)
    for n, deduction in enumerate(draft.deductions):
        if deduction.amount is not None and deduction.amount < ZERO:
            yield problem("BDR-WRK-037", (*path, "deductions", str(n), "amount"))


def _amounts(draft: PieceDraft) -> Iterator[tuple[Path, Decimal]]:
    for name, shown in _TOTALS.items():
        if (amount := getattr(draft, name)) is not None:
            yield (shown,), amount
    for n, vat in enumerate(draft.vat_breakdown):
        for name in ("base", "amount"):
            if (amount := getattr(vat, name)) is not None:
                yield ("vatBreakdown", str(n), name), amount
    for n, deduction in enumerate(draft.deductions):
        if deduction.amount is not None:
            yield ("deductions", str(n), "amount"), deduction.amount


def _counts(draft: PieceDraft, path: Path) -> Problems:
    counted = (
        ("vatBreakdown", len(draft.vat_breakdown), MOST_ROWS),
        ("deductions", len(draft.deductions), MOST_ROWS),
        ("attachedRequests", len(draft.attached_ids), MOST_ATTACHED),
    )
    for name, count, most in counted:
        if count > most:
            yield problem("BDR-WRK-038", (*path, name), count=count, most=most)


def _currency(draft: PieceDraft, path: Path) -> Problems:
    if draft.currency not in CURRENCIES:
        yield problem("BDR-INV-006", (*path, "currency"), currency=draft.currency)


_TOTALS = {
    "total_net": "totalNet",
    "total_vat": "totalVat",
    "total_gross": "totalGross",
    "amount_to_pay": "amountToPay",
}
_FORM = (_frame, _texts, _dates, _figures, _counts, _currency)


# What is required and what adds up


def _required(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    needed = {
        "depositor_id": "depositorId",
        "number": "number",
        "issued_on": "issuedOn",
        **_TOTALS,
    }
    for name, shown in needed.items():
        if getattr(draft, name) is None:
            yield problem("BDR-WRK-001", (*path, shown))
    for n, vat in enumerate(draft.vat_breakdown):
        for name in ("rate", "base", "amount"):
            if getattr(vat, name) is None:
                yield problem("BDR-WRK-001", (*path, "vatBreakdown", str(n), name))
    for n, deduction in enumerate(draft.deductions):
        if deduction.amount is None:
            yield problem("BDR-WRK-001", (*path, "deductions", str(n), "amount"))
    if draft.issued_on and draft.issued_on > facts.today:
        yield problem("BDR-WRK-039", (*path, "issuedOn"), date=draft.issued_on)


def _sums(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    net, vat, gross, to_pay = (getattr(draft, name) for name in _TOTALS)
    if None not in (net, vat, gross) and not agree(total([net, vat]), gross):
        yield problem(
            "BDR-WRK-006", (*path, "totalGross"), gross=plain(gross), sum=plain(net + vat)
        )
    yield from _vat_rows(draft, path)
    rows = draft.vat_breakdown
    if rows and net is not None and vat is not None:
        bases, amounts = total(r.base or ZERO for r in rows), total(r.amount or ZERO for r in rows)
        if not agree(bases, net) or not agree(amounts, vat):
            yield problem(
                "BDR-WRK-049",
                (*path, "vatBreakdown"),
                bases=plain(bases),
                amounts=plain(amounts),
            )
    taken_off = total(d.amount or ZERO for d in draft.deductions)
    if None not in (gross, to_pay) and not agree(gross - taken_off, to_pay):
        yield problem(
            "BDR-WRK-008",
            (*path, "amountToPay"),
            amount=plain(to_pay),
            expected=plain(gross - taken_off),
        )


def _vat_rows(draft: PieceDraft, path: Path) -> Problems:
    for n, row in enumerate(draft.vat_breakdown):
        if row.rate is None or row.base is None or row.amount is None:
            continue
        expected = vat_on(row.base, row.rate)
        if not agree(expected, row.amount):
            yield problem(
                "BDR-WRK-007",
                (*path, "vatBreakdown", str(n), "amount"),
                amount=plain(row.amount),
                expected=plain(expected),
            )


def _uniqueness(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    if facts.number_used_by is not None:
        yield problem(
            "BDR-WRK-026", (*path, "number"), number=draft.number, id=facts.number_used_by
        )
    if facts.reference_used_by is not None:
        yield problem(
            "BDR-WRK-027",
            (*path, "externalReference"),
            reference=draft.external_reference,
            id=facts.reference_used_by,
        )


# Those who take part


def _depositor(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    if facts.depositor is None:
        return
    at = (*path, "depositorId")
    if not facts.depositor.is_active:
        yield problem("BDR-WRK-013", at, name=facts.depositor.name)
    elif not facts.space_is_open:
        yield problem("BDR-WRK-011", at, name=facts.depositor.name)
    if circuits.by_supplier(draft.frame):
        yield from mandate_problems(facts.depositor, at)
    if draft.bank_account_id and not facts.has_bank_account:
        yield problem("BDR-INV-052", (*path, "bankAccountId"))


def _named(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    """The parties that the deposit names, and those that it ought to."""
    given = draft.named()
    opens = draft.previous_id is None and draft.replaces_id is None
    if opens:
        for party in circuits.needed_to_open(draft.frame):
            if party not in given and party not in facts.parties:
                yield problem("BDR-WRK-001", (*path, circuits.FIELDS[party]))
    earlier = facts.previous or facts.replaced
    for party, ref in given.items():
        at = (*path, circuits.FIELDS[party])
        known = facts.parties.get(party)
        if ref.identifier is None:
            yield problem("BDR-WRK-001", (*at, "identifier"))
        elif known is None:
            yield problem("BDR-WRK-012", (*at, "identifier"), identifier=ref.identifier)
        elif earlier is not None and earlier.file_parties.get(party, known.id) != known.id:
            yield problem("BDR-WRK-021", at, name=known.name)
        elif ref.service_code and known.service is None:
            yield problem("BDR-WRK-020", (*at, "serviceCode"), code=ref.service_code)


def _able(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    """Whether those who must act later can: an active structure, with its works space."""
    mine = circuits.deposited_as(draft.frame)
    for party in circuits.parties_of(draft.frame):
        known = facts.parties.get(party)
        if known is None or party is mine:
            continue
        at = (*path, circuits.FIELDS[party])
        if not known.is_active or (known.service is not None and not known.service.is_active):
            yield problem("BDR-WRK-013", at, name=known.name)
        elif party is Party.RECIPIENT:
            continue
        elif not known.space_is_open:
            yield problem("BDR-WRK-014", at, name=known.name)
        if party is Party.CONTRACTING_AUTHORITY and not known.is_public:
            yield problem("BDR-WRK-015", at, name=known.name)
    holder = facts.parties.get(Party.HOLDER)
    if mine is None and holder is not None and holder.id == draft.depositor_id:
        yield problem("BDR-WRK-033", (*path, "holder"), frame=draft.frame)


# The chain


def _previous(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    if draft.previous_id is None:
        return
    at = (*path, "previousId")
    before = facts.previous
    if before is None:
        yield problem("BDR-WRK-017", at)
    elif not circuits.may_follow(draft.frame):
        yield problem("BDR-WRK-019", at, frame=draft.frame)
    else:
        rule = rule_against(
            before.frame,
            draft.frame,
            is_lapsed=before.is_lapsed,
            is_answered=before.is_answered,
        )
        if rule is not None:
            allowed = ", ".join(circuits.followed_by(before.frame)) or "—"
            yield problem(
                rule,
                at,
                frame=draft.frame,
                previous=before.frame,
                allowed=allowed,
                date=before.lapses_on or "—",
            )
        elif not _is_open(before, draft):
            yield problem("BDR-WRK-016", at, status=before.status, number=before.number)
        yield from _role(draft, before, path)


def _is_open(before: PieceFacts, draft: PieceDraft) -> bool:
    """Whether the piece still waits for a next one; a tacit draft may overtake others."""
    if circuits.is_tacit(draft.frame) and circuits.opens_tacit_procedure(before.frame):
        return before.status not in REFUSED
    return before.status in OPEN_TO_FOLLOW


def _role(draft: PieceDraft, before: PieceFacts, path: Path) -> Problems:
    """The depositor must play, in the file, the part that deposits this frame."""
    party = circuits.deposited_as(draft.frame)
    if party is not None and draft.depositor_id not in (None, before.file_parties.get(party)):
        yield problem("BDR-WRK-010", (*path, "depositorId"), frame=draft.frame)


def _contract(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    earlier = facts.previous or facts.replaced
    known = earlier.contract_number if earlier else None
    if known and draft.contract_number and draft.contract_number != known:
        yield problem("BDR-WRK-051", (*path, "contractNumber"), contract=known)


def _roles(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    named = {party: known.id for party, known in facts.parties.items()}
    return contract_problems(draft, facts.contract, named=named, billed=facts.billed, path=path)


def _replaced(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    if draft.replaces_id is None:
        return
    before = facts.replaced
    if draft.previous_id is not None:
        yield problem("BDR-WRK-053", (*path, "previousId"))
    if (
        before is None
        or before.status not in REFUSED
        or before.frame != draft.frame
        or before.depositor_id != draft.depositor_id
    ):
        yield problem("BDR-WRK-032", (*path, "replacesId"), frame=draft.frame)


def _correction(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    """An amount that differs from the previous piece's is explained to whoever claimed it."""
    before = facts.previous
    if before is None or draft.comment or draft.total_net is None or draft.amount_to_pay is None:
        return
    if draft.total_net != before.net or draft.amount_to_pay != before.to_pay:
        yield problem(
            "BDR-WRK-031",
            (*path, "comment"),
            before=plain(before.to_pay),
            after=plain(draft.amount_to_pay),
        )


def _attached(draft: PieceDraft, facts: Facts, path: Path) -> Problems:
    joined = circuits.joined_by(draft.frame)
    for n, request in enumerate(facts.attached):
        at = (*path, "attachedRequests", str(n))
        if request is None or request.holder_id != draft.depositor_id:
            yield problem("BDR-WRK-022", at)
        elif request.frame not in joined:
            yield problem("BDR-WRK-024", at, frame=request.frame, into=draft.frame)
        elif request.status not in ("VALIDEE_1", "ABSENCE_VALIDATION_1_HORS_DELAI"):
            yield problem("BDR-WRK-023", at, number=request.number, status=request.status)
        elif request.contract_number != draft.contract_number and request.contract_number:
            yield problem(
                "BDR-WRK-009", at, number=request.number, contract=request.contract_number
            )
    if joined and facts.waiting:
        numbers = ", ".join(facts.waiting)
        yield problem("BDR-WRK-025", (*path, "attachedRequests"), numbers=numbers)


_CHECKS = (
    _required,
    _sums,
    _uniqueness,
    _depositor,
    _named,
    _able,
    _previous,
    _contract,
    _roles,
    _replaced,
    _correction,
    _attached,
)
