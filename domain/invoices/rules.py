"""What an invoice or a credit note must satisfy to be deposited: pure, every problem at once.

A normalised draft is judged on its form, on what is required, on what is known about the
structures and documents it names (`Facts`), and on its figures. Paths point into the caller's
input. What is not found and what the caller may not see are the same: None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.contracts.facts import KnownContract
from domain.errors import Problem
from domain.identifiers import has_format, siret_problems
from domain.invoices.contract_rules import contract_problems
from domain.invoices.draft import Draft, ValidatorRef
from domain.invoices.form import LATEST, draft_problems
from domain.invoices.sums import sum_problems
from domain.reference.deposits import TYPED_MODES
from domain.reference.frames import TWO_VALIDATORS, VALIDATED_FRAMES
from domain.reference.payment import InvoiceType
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.vat import VatType
from domain.rules_text import problem

Path = tuple[str, ...]
Problems = Iterator[Problem]

MOST_DAYS_AHEAD = 365


class MandateState(StrEnum):
    """Where the invoicing mandate of a supplier stands."""

    IN_FORCE = "IN_FORCE"
    NEVER_SIGNED = "NEVER_SIGNED"
    REVOKED = "REVOKED"
    # A later version must be signed by now.
    OUTDATED = "OUTDATED"


# What each state but the first is refused by.
_WITHOUT_MANDATE: Mapping[MandateState, str] = {
    MandateState.NEVER_SIGNED: "BDR-INV-072",
    MandateState.REVOKED: "BDR-SIG-001",
    MandateState.OUTDATED: "BDR-SIG-002",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierFacts:
    """The supplier, when the caller may see it."""

    id: str
    name: str = ""
    is_active: bool = True
    is_public: bool = False
    mandate: MandateState = MandateState.IN_FORCE
    # Of the mandate that no longer suffices: since when, and which version it was.
    mandate_until: date | None = None
    mandate_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """A service of the structure that was named. `is_active`: today, by status and by dates."""

    is_active: bool = True
    commitment_required: bool = False
    is_public_invoices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFacts:
    """The structure of the directory that has the recipient's SIRET, and what it asks."""

    id: str
    name: str
    is_public: bool = True
    is_active: bool = True
    is_moa_only: bool = False
    service_required: bool = False
    commitment_required: bool = False
    commitment_or_service_required: bool = False
    commitment_format: str | None = None
    opens_public_invoices_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorFacts:
    """A structure named as validator, and the service named in it."""

    id: str
    name: str
    is_active: bool = True
    service: ServiceFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalFacts:
    """The supplier's document that a credit note names. `remaining`: not yet credited, gross."""

    type: InvoiceType
    recipient_id: str | None
    currency: str
    status: S
    issued_on: date | None
    remaining: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about what a draft names; None where nothing was named or nothing found."""

    today: date
    supplier: SupplierFacts | None = None
    supplier_service: ServiceFacts | None = None
    has_bank_account: bool = False
    recipient: RecipientFacts | None = None
    recipient_service: ServiceFacts | None = None
    validator_1: ValidatorFacts | None = None
    validator_2: ValidatorFacts | None = None
    original: OriginalFacts | None = None
    number_used_by: str | None = None
    number_used_in_company: bool = False
    reference_used_by: str | None = None
    # The contract that the draft names, and what was billed to direct payment, by principal.
    contract: KnownContract | None = None
    billed: Mapping[str, Decimal] = field(default_factory=dict)
    check_luhn: bool = True


def problems_of(draft: Draft, facts: Facts, path: Path = ("invoice",)) -> list[Problem]:
    """Every reason to refuse the deposit, and advice (severity WARNING), in a stable order."""
    found = draft_problems(draft, path, check_luhn=facts.check_luhn)
    found += [p for check in _COMPLETENESS for p in check(draft, path)]
    found += [p for known in _KNOWLEDGE for p in known(draft, facts, path)]
    return found + sum_problems(draft, path)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that refuse; the others only advise."""
    return [p for p in problems if p.severity == "ERROR"]


_REQUIRED = (
    ("supplier_id", "supplierId"),
    ("number", "number"),
    ("issued_on", "issuedOn"),
    ("recipient_siret", "recipientSiret"),
    ("vat_type", "vatType"),
    ("total_net", "totalNet"),
    ("total_vat", "totalVat"),
    ("total_gross", "totalGross"),
    ("amount_to_pay", "amountToPay"),
)
_LINE_REQUIRED = (
    ("name", "name"),
    ("quantity", "quantity"),
    ("unit_price", "unitPrice"),
    ("vat_rate", "vatRate"),
)
_VAT_REQUIRED = (("rate", "rate"), ("base", "base"), ("amount", "amount"))
# What never was or ended unpaid is cancelled by an internal credit note, not a deposited one.
_NOT_CREDITED = frozenset(
    {
        S.BROUILLON,
        S.INTERPRETEE_OCR,
        S.SUPPRIMEE,
        S.ABANDONNEE,
        S.REJETEE,
        S.REFUSEE_1,
        S.REFUSEE_2,
        S.NON_CONFORME,
    }
)


def missing(given: object, required: Iterable[tuple[str, str]], path: Path) -> Problems:
    """What is required and not given."""
    for attribute, name in required:
        if getattr(given, attribute) is None:
            yield problem("BDR-INV-001", (*path, name))


def _required(draft: Draft, path: Path) -> Problems:
    yield from missing(draft, _REQUIRED, path)
    if not draft.lines and draft.deposit_mode in TYPED_MODES:
        yield problem("BDR-INV-009", (*path, "lines"))
    for position, line in enumerate(draft.lines):
        yield from missing(line, _LINE_REQUIRED, (*path, "lines", str(position)))
    for position, row in enumerate(draft.vat_breakdown):
        yield from missing(row, _VAT_REQUIRED, (*path, "vatBreakdown", str(position)))


def _dates(draft: Draft, facts: Facts, path: Path) -> Problems:
    issued_on = draft.issued_on
    if issued_on is None or not facts.today < issued_on <= LATEST:
        return
    at = (*path, "issuedOn")
    if issued_on > facts.today + timedelta(days=MOST_DAYS_AHEAD):
        yield problem("BDR-INV-004", at, date=issued_on, days=MOST_DAYS_AHEAD)
    else:
        yield problem("BDR-INV-005", at, date=issued_on)


def _uniqueness(draft: Draft, facts: Facts, path: Path) -> Problems:
    at = (*path, "number")
    if facts.number_used_by is not None:
        known = {"invoiceId": facts.number_used_by}
        yield problem("BDR-INV-110", at, number=draft.number, **known)
    elif facts.number_used_in_company and draft.issued_on is not None:
        yield problem("BDR-INV-111", at, number=draft.number, year=draft.issued_on.year)
    yield from reference_problems(draft, facts, path)


def reference_problems(draft: Draft, facts: Facts, path: Path) -> Problems:
    """Whether the supplier's own key names this document alone: asked of saved drafts too."""
    if facts.reference_used_by is not None:
        yield problem(
            "BDR-INV-112",
            (*path, "externalReference"),
            reference=draft.external_reference,
            invoiceId=facts.reference_used_by,
        )


def supplier_problems(draft: Draft, facts: Facts, path: Path) -> Problems:
    """Whether the supplier, its service and its account may be named in a deposit."""
    if draft.supplier_id is None:
        return
    supplier = facts.supplier
    at = (*path, "supplierId")
    if supplier is None:
        yield problem("BDR-INV-070", at)
        return
    if not supplier.is_active:
        yield problem("BDR-INV-071", at)
    yield from mandate_problems(supplier, at)
    service = facts.supplier_service
    if draft.supplier_service_code and (service is None or not service.is_active):
        yield problem(
            "BDR-INV-073", (*path, "supplierServiceCode"), service=draft.supplier_service_code
        )
    if draft.bank_account_id and not facts.has_bank_account:
        yield problem("BDR-INV-052", (*path, "bankAccountId"))


def mandate_problems(supplier: SupplierFacts, at: Path) -> Problems:
    """A company deposits nothing without an invoicing mandate in force."""
    if supplier.mandate is not MandateState.IN_FORCE:
        yield problem(
            _WITHOUT_MANDATE[supplier.mandate],
            at,
            name=supplier.name,
            structureId=supplier.id,
            action="mandateSign",
            **_ended(supplier),
        )


def _ended(supplier: SupplierFacts) -> Mapping[str, str]:
    if supplier.mandate_until is None:
        return {}
    dated = {"date": supplier.mandate_until.isoformat()}
    outdated = supplier.mandate is MandateState.OUTDATED
    return dated | ({"version": supplier.mandate_version or ""} if outdated else {})


def _recipient(draft: Draft, facts: Facts, path: Path) -> Problems:
    yield from recipient_problems(draft, facts, path)
    if facts.recipient is not None and facts.recipient.is_public:
        yield from _destination(draft, facts.recipient, facts, path)


def recipient_problems(draft: Draft, facts: Facts, path: Path) -> Problems:
    """Whether the structure named may receive payment requests at all."""
    if draft.recipient_siret is None:
        return
    recipient = facts.recipient
    at = (*path, "recipientSiret")
    if recipient is None:
        if not siret_problems(draft.recipient_siret, at, check_luhn=facts.check_luhn):
            yield problem("BDR-INV-080", at, siret=draft.recipient_siret)
    elif not recipient.is_public:
        yield problem("BDR-INV-081", at, name=recipient.name)
    else:
        if not recipient.is_active:
            yield problem("BDR-INV-082", at, name=recipient.name)
        if recipient.is_moa_only:
            yield problem("BDR-INV-083", at, name=recipient.name)


def _destination(draft: Draft, recipient: RecipientFacts, facts: Facts, path: Path) -> Problems:
    """What the recipient asks: a service, a commitment, one of them, or what the service asks."""
    service, name = facts.recipient_service, recipient.name
    has_commitment = _has_commitment(draft, recipient)
    yield from service_problems(draft, recipient, facts, path)
    if recipient.commitment_or_service_required:
        if not has_commitment and not draft.recipient_service_code:
            yield problem("BDR-INV-090", (*path, "commitmentNumber"), name=name)
    else:
        if recipient.service_required and not draft.recipient_service_code:
            yield problem("BDR-INV-084", (*path, "recipientServiceCode"), name=name)
        if recipient.commitment_required and not has_commitment:
            yield problem("BDR-INV-088", (*path, "commitmentNumber"), name=name)
            return
    if service is not None and service.commitment_required and not has_commitment:
        yield problem(
            "BDR-INV-089",
            (*path, "commitmentNumber"),
            name=name,
            service=draft.recipient_service_code,
        )
    form = recipient.commitment_format
    if draft.commitment_number and form and not has_format(draft.commitment_number, form):
        yield problem(
            "BDR-INV-091",
            (*path, "commitmentNumber"),
            number=draft.commitment_number,
            name=name,
            format=form,
        )


def _has_commitment(draft: Draft, recipient: RecipientFacts) -> bool:
    """A contract number stands in for the commitment, unless the recipient wants its own form."""
    if draft.commitment_number:
        return True
    return draft.contract_number is not None and recipient.commitment_format is None


def service_problems(draft: Draft, recipient: RecipientFacts, facts: Facts, path: Path) -> Problems:
    """Whether the service named may receive payment requests of this supplier."""
    code, service = draft.recipient_service_code, facts.recipient_service
    at = (*path, "recipientServiceCode")
    if code is None:
        return
    if service is None:
        yield problem("BDR-INV-085", at, name=recipient.name, service=code)
        return
    if not service.is_active:
        yield problem("BDR-INV-086", at, name=recipient.name, service=code)
    is_private = facts.supplier is not None and not facts.supplier.is_public
    if service.is_public_invoices and is_private and not recipient.opens_public_invoices_service:
        yield problem("BDR-INV-087", at)


def _vat(draft: Draft, path: Path) -> Problems:
    at = (*path, "vatExemptionReason")
    if draft.vat_type == VatType.EXONERATION:
        if draft.vat_exemption_reason is None:
            yield problem("BDR-INV-040", at)
        if draft.total_vat:
            yield problem("BDR-INV-043", (*path, "totalVat"), vat=draft.total_vat)
    elif draft.vat_type == VatType.SANS_TVA:
        yield from _nonzero_vat(draft, path)
    elif draft.vat_type is not None and draft.vat_exemption_reason is not None:
        yield problem("BDR-INV-044", at)


def _nonzero_vat(draft: Draft, path: Path) -> Problems:
    if draft.total_vat:
        yield problem("BDR-INV-042", (*path, "totalVat"))
    for position, line in enumerate(draft.lines):
        if line.vat_rate:
            yield problem("BDR-INV-042", (*path, "lines", str(position), "vatRate"))
    for position, row in enumerate(draft.vat_breakdown):
        if row.rate:
            yield problem("BDR-INV-042", (*path, "vatBreakdown", str(position), "rate"))
        if row.amount:
            yield problem("BDR-INV-042", (*path, "vatBreakdown", str(position), "amount"))


def _payment(draft: Draft, path: Path) -> Problems:
    at = (*path, "paymentMode")
    if draft.is_credit_note and draft.payment_mode is not None:
        yield problem("BDR-INV-051", at)
    if not draft.is_credit_note and draft.payment_mode is None:
        yield problem("BDR-INV-050", at)


def _original(draft: Draft, facts: Facts, path: Path) -> Problems:
    number = draft.original_invoice_number
    at = (*path, "originalInvoiceNumber")
    if not draft.is_credit_note:
        if number is not None:
            yield problem("BDR-INV-067", at)
    elif number is None:
        yield problem("BDR-INV-060", at)
    elif facts.supplier is not None:
        if facts.original is None:
            yield problem("BDR-INV-061", at, number=number)
        elif facts.original.type != InvoiceType.FACTURE:
            yield problem("BDR-INV-062", at, number=number)
        else:
            yield from _credit(draft, facts.original, facts.recipient, path)


def _credit(
    draft: Draft, original: OriginalFacts, recipient: RecipientFacts | None, path: Path
) -> Problems:
    number = draft.original_invoice_number
    at = (*path, "originalInvoiceNumber")
    if recipient is not None and original.recipient_id != recipient.id:
        yield problem("BDR-INV-063", at, number=number)
    if original.currency != draft.currency:
        yield problem("BDR-INV-064", (*path, "currency"), number=number, currency=original.currency)
    if original.status in _NOT_CREDITED:
        yield problem("BDR-INV-065", at, number=number, status=original.status)
        return
    credited = draft.gross_after_discount
    if credited is not None and credited > original.remaining:
        deduced = draft.total_gross_after_discount is None
        yield problem(
            "BDR-INV-066",
            (*path, "totalGross" if deduced else "totalGrossAfterDiscount"),
            number=number,
            given=credited,
            remaining=original.remaining,
        )
    if draft.issued_on and original.issued_on and draft.issued_on < original.issued_on:
        yield problem(
            "BDR-INV-068", (*path, "issuedOn"), date=draft.issued_on, original=original.issued_on
        )


def _validators(draft: Draft, facts: Facts, path: Path) -> Problems:
    first, second = (*path, "validator1"), (*path, "validator2")
    if draft.frame not in VALIDATED_FRAMES:
        if draft.validator_1 is not None:
            yield problem("BDR-INV-101", first, frame=draft.frame)
        if draft.validator_2 is not None:
            yield problem("BDR-INV-101", second, frame=draft.frame)
        return
    if draft.validator_1 is None or draft.validator_1.identifier is None:
        yield problem("BDR-INV-100", first, frame=draft.frame)
    else:
        yield from _validator(draft.validator_1, facts.validator_1, facts.supplier, first)
    if draft.validator_2 is None:
        return
    if draft.frame != TWO_VALIDATORS:
        yield problem("BDR-INV-102", second)
    elif draft.validator_2.identifier is None:
        yield problem("BDR-INV-001", (*second, "identifier"))
    else:
        yield from _validator(draft.validator_2, facts.validator_2, facts.supplier, second)
        if facts.validator_2 and facts.validator_1 and facts.validator_2.id == facts.validator_1.id:
            yield problem("BDR-INV-107", (*second, "identifier"))


def _validator(
    named: ValidatorRef, known: ValidatorFacts | None, supplier: SupplierFacts | None, path: Path
) -> Problems:
    at = (*path, "identifier")
    if known is None:
        yield problem("BDR-INV-104", at, identifier=named.identifier)
        return
    if not known.is_active:
        yield problem("BDR-INV-105", at, name=known.name)
    if supplier is not None and supplier.id == known.id:
        yield problem("BDR-INV-106", at)
    if named.service_code and (known.service is None or not known.service.is_active):
        yield problem("BDR-INV-108", (*path, "serviceCode"), service=named.service_code)


def _contract(draft: Draft, facts: Facts, path: Path) -> Problems:
    yield from contract_problems(
        draft,
        facts.contract,
        supplier_id=facts.supplier.id if facts.supplier else None,
        validator_1_id=facts.validator_1.id if facts.validator_1 else None,
        validator_2_id=facts.validator_2.id if facts.validator_2 else None,
        billed=facts.billed,
        path=path,
    )


_COMPLETENESS: tuple[Callable[[Draft, Path], Problems], ...] = (_required, _vat, _payment)
_KNOWLEDGE: tuple[Callable[[Draft, Facts, Path], Problems], ...] = (
    _dates,
    _uniqueness,
    supplier_problems,
    _recipient,
    _original,
    _validators,
    _contract,
)


def routing_problems(draft: Draft, facts: Facts, path: Path) -> list[Problem]:
    """What is wrong with a corrected destination: the form, then what the recipient asks."""
    form = draft_problems(draft, path, check_luhn=facts.check_luhn)
    return [*form, *_recipient(draft, facts, path)]


def validator_problems(
    named: ValidatorRef, known: ValidatorFacts | None, supplier: SupplierFacts, path: Path
) -> list[Problem]:
    """What is wrong with a corrected validator."""
    if named.identifier is None:
        return [problem("BDR-INV-001", (*path, "identifier"))]
    return list(_validator(named, known, supplier, path))
