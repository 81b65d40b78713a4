"""Every rule of a deposit: the case that breaks it, alone, and where it is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.invoices.draft import Draft, DraftLine, DraftVat, ValidatorRef
from domain.invoices.form import draft_problems
from domain.invoices.rules import Facts, MandateState, ServiceFacts, errors, problems_of
from domain.money import rounded, total, vat_on
from domain.reference.deposits import DepositMode
from domain.reference.frames import TYPED_FRAMES, Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.vat import FRENCH_RATES, VatType
from domain.rules_text import RULES
from domain.rules_text.invoices import INVOICES
from tests.invoices.drafts import (
    ACTIVE,
    AGENT,
    FIRST,
    HOLDER,
    ORIGINAL,
    RECIPIENT,
    SUPPLIER,
    TODAY,
    D,
    a_credit_note,
    a_draft,
    a_line,
    a_validated_draft,
    asking,
    facts,
    vat,
)

A9, A12 = Frame.A9, Frame.A12
TOO_MANY_LINES = "BDR-INV-019"
# Judged when a draft is saved again: only then is there an earlier supplier.
OTHER_SUPPLIER = "BDR-INV-074"
SECOND_REF = ValidatorRef(identifier=AGENT)
INACTIVE = ServiceFacts(is_active=False)

Broken = tuple[str, Draft, Facts, list[tuple[str, str]]]


def _found(draft: Draft, known: Facts) -> list[tuple[str, str]]:
    return [(p.rule, ".".join(p.path)) for p in problems_of(draft, known)]


def _one(rule: str, path: str) -> list[tuple[str, str]]:
    return [(rule, f"invoice.{path}")]


RIGHT = [
    ("a simple invoice", a_draft(), facts()),
    ("a credit note", a_credit_note(), facts()),
    ("an invoice already paid", a_draft(frame=Frame.A2, amount_to_pay=D(0)), facts()),
    ("a subcontractor's invoice", a_validated_draft(), facts()),
    ("with two validators", a_validated_draft(validator_2=SECOND_REF), facts()),
    ("a co-contractor's invoice", a_validated_draft(A12), facts()),
    ("with a VAT breakdown", a_draft(vat_breakdown=(vat("20", "200", "40"),)), facts()),
    (
        "with a global discount",
        a_draft(
            global_discount=D("24.00"),
            global_discount_reason="Remise de fin d'année",
            total_gross_after_discount=D("216.00"),
            amount_to_pay=D("216.00"),
        ),
        facts(),
    ),
    ("after a down payment", a_draft(amount_to_pay=D("140.00")), facts()),
    ("with totals a cent away", a_draft(total_gross=D("240.01")), facts()),
    (
        "exempt",
        a_draft(
            vat_type=VatType.EXONERATION,
            vat_exemption_reason="VATEX-FR-FRANCHISE",
            lines=(a_line(vat_rate=D(0)),),
            total_vat=D(0),
            total_gross=D(200),
            amount_to_pay=D(200),
        ),
        facts(),
    ),
    (
        "with a returned article",
        a_draft(
            lines=(
                a_line(quantity=D(3)),
                a_line(number=2, quantity=D(-1), discount=D("-10"), unit_price=D("110")),
            )
        ),
        facts(),
    ),
    (
        "rounded line by line",
        a_draft(
            lines=tuple(a_line(number=n, quantity=D(1), unit_price=D("0.005")) for n in (1, 2, 3)),
            total_net=D("0.03"),
            total_vat=D("0.01"),
            total_gross=D("0.04"),
            amount_to_pay=D("0.04"),
        ),
        facts(),
    ),
    (
        "rounded at the end",
        a_draft(
            lines=tuple(
                a_line(number=n, quantity=D(1), unit_price=D("0.004")) for n in range(1, 9)
            ),
            total_net=D("0.03"),
            total_vat=D("0.01"),
            total_gross=D("0.04"),
            amount_to_pay=D("0.04"),
        ),
        facts(),
    ),
    (
        "with the service and the commitment asked for",
        a_draft(recipient_service_code="SG", commitment_number="1234567"),
        replace(
            asking(service_required=True, commitment_required=True, commitment_format="^[0-9]{7}$"),
            recipient_service=ServiceFacts(commitment_required=True),
        ),
    ),
    (
        "with a contract number for a commitment",
        a_draft(contract_number="M-2026-01"),
        asking(commitment_required=True),
    ),
    (
        "with a commitment where a commitment or a service is asked for",
        a_draft(commitment_number="EJ1"),
        asking(commitment_or_service_required=True, service_required=True),
    ),
    (
        "with a service where a commitment or a service is asked for",
        a_draft(recipient_service_code="SG"),
        replace(
            asking(commitment_or_service_required=True, commitment_required=True),
            recipient_service=ACTIVE,
        ),
    ),
    (
        "of a public supplier to the service of public invoices",
        a_draft(recipient_service_code="FACTURES_PUBLIQUES"),
        facts(
            supplier=replace(SUPPLIER, is_public=True),
            recipient_service=ServiceFacts(is_public_invoices=True),
        ),
    ),
    (
        "to the service of public invoices that a site opens to all",
        a_draft(recipient_service_code="FACTURES_PUBLIQUES"),
        replace(
            asking(opens_public_invoices_service=True),
            recipient_service=ServiceFacts(is_public_invoices=True),
        ),
    ),
    ("with a comment of several lines", a_draft(comment="Voir PJ.\n\tMerci."), facts()),
]

BROKEN: list[Broken] = [
    *[
        (f"{name} missing", a_draft(**{attribute: None}), facts(), _one("BDR-INV-001", name))
        for attribute, name in (
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
    ],
    *[
        (
            f"{name} of a line missing",
            a_draft(lines=(a_line(**{attribute: None}),)),
            facts(),
            _one("BDR-INV-001", f"lines.0.{name}"),
        )
        for attribute, name in (
            ("name", "name"),
            ("quantity", "quantity"),
            ("unit_price", "unitPrice"),
            ("vat_rate", "vatRate"),
        )
    ],
    (
        "amount of a breakdown row missing",
        a_draft(vat_breakdown=(DraftVat(rate=D(20), base=D(200)), vat("20", "0", "40"))),
        facts(),
        [
            ("BDR-INV-030", "invoice.vatBreakdown.0.rate"),
            ("BDR-INV-030", "invoice.vatBreakdown.1.rate"),
            ("BDR-INV-001", "invoice.vatBreakdown.0.amount"),
            ("BDR-INV-028", "invoice.vatBreakdown.1.amount"),
            ("BDR-INV-029", "invoice.vatBreakdown.1.base"),
        ],
    ),
    ("a number with a space", a_draft(number="F 1"), facts(), _one("BDR-INV-002", "number")),
    ("a number too long", a_draft(number="F" * 21), facts(), _one("BDR-INV-002", "number")),
    (
        "a date before 2000",
        a_draft(issued_on=date(1999, 12, 31)),
        facts(),
        _one("BDR-INV-003", "issuedOn"),
    ),
    (
        "a date in year 9999",
        a_draft(issued_on=date(9999, 12, 31)),
        facts(),
        _one("BDR-INV-003", "issuedOn"),
    ),
    (
        "a date years ahead",
        a_draft(issued_on=TODAY + timedelta(days=366)),
        facts(),
        _one("BDR-INV-004", "issuedOn"),
    ),
    (
        "a date of tomorrow",
        a_draft(issued_on=TODAY + timedelta(days=1)),
        facts(),
        _one("BDR-INV-005", "issuedOn"),
    ),
    ("an unknown currency", a_draft(currency="XYZ"), facts(), _one("BDR-INV-006", "currency")),
    ("a works frame", a_draft(frame=Frame.A4), facts(), _one("BDR-INV-007", "frame")),
    (
        "the mode of another channel",
        a_draft(deposit_mode=DepositMode.EDI),
        facts(),
        _one("BDR-INV-008", "depositMode"),
    ),
    ("no line", a_draft(lines=()), facts(), _one("BDR-INV-009", "lines")),
    (
        "a line number used twice",
        a_draft(lines=(a_line(quantity=D(1)), a_line(quantity=D(1)))),
        facts(),
        [("BDR-INV-010", "invoice.lines.0.number"), ("BDR-INV-010", "invoice.lines.1.number")],
    ),
    (
        "a line number zero",
        a_draft(lines=(a_line(number=0),)),
        facts(),
        _one("BDR-INV-011", "lines.0.number"),
    ),
    (
        "a total with three decimals",
        a_draft(total_net=D("200.001")),
        facts(),
        _one("BDR-INV-012", "totalNet"),
    ),
    (
        "a quantity with five decimals",
        a_draft(lines=(a_line(quantity=D("2.00001")),)),
        facts(),
        _one("BDR-INV-012", "lines.0.quantity"),
    ),
    (
        "an unreasonable price",
        a_draft(
            lines=(
                a_line(quantity=D(0)),
                a_line(number=2),
                a_line(number=3, quantity=D(0), unit_price=D("12345678901234")),
            )
        ),
        facts(),
        _one("BDR-INV-013", "lines.2.unitPrice"),
    ),
    (
        "a negative price",
        a_draft(lines=(a_line(quantity=D(-2), unit_price=D(-100)),)),
        facts(),
        _one("BDR-INV-014", "lines.0.unitPrice"),
    ),
    (
        "a discount above the line",
        a_draft(
            lines=(
                a_line(),
                a_line(number=2, quantity=D(1), unit_price=D(1), discount=D(2)),
                a_line(number=3, quantity=D(1), unit_price=D(1)),
            )
        ),
        facts(),
        _one("BDR-INV-015", "lines.1.discount"),
    ),
    (
        "a discount of the other sign",
        a_draft(lines=(a_line(quantity=D(1), discount=D(-100)),)),
        facts(),
        _one("BDR-INV-015", "lines.0.discount"),
    ),
    (
        "a rate above 100",
        a_draft(
            lines=(a_line(vat_rate=D(120)),),
            total_vat=D(240),
            total_gross=D(440),
            amount_to_pay=D(440),
        ),
        facts(),
        _one("BDR-INV-016", "lines.0.vatRate"),
    ),
    (
        "a rate that is not French",
        a_draft(
            lines=(a_line(vat_rate=D(21)),),
            total_vat=D(42),
            total_gross=D(242),
            amount_to_pay=D(242),
        ),
        facts(),
        _one("BDR-INV-017", "lines.0.vatRate"),
    ),
    (
        "an unknown unit",
        a_draft(lines=(a_line(unit="lot"),)),
        facts(),
        _one("BDR-INV-018", "lines.0.unit"),
    ),
    (
        "a net total two cents away",
        a_draft(total_net=D("200.02"), total_gross=D("240.02"), amount_to_pay=D("240.02")),
        facts(),
        _one("BDR-INV-020", "totalNet"),
    ),
    (
        "a gross total two cents away",
        a_draft(total_gross=D("240.02")),
        facts(),
        _one("BDR-INV-021", "totalGross"),
    ),
    (
        "a total after discount that forgets it",
        a_draft(
            global_discount=D(10),
            global_discount_reason="Geste",
            total_gross_after_discount=D(240),
            amount_to_pay=D(230),
        ),
        facts(),
        _one("BDR-INV-022", "totalGrossAfterDiscount"),
    ),
    (
        "a global discount above the total",
        a_draft(global_discount=D(250), global_discount_reason="Geste", amount_to_pay=D(0)),
        facts(),
        [
            ("BDR-INV-023", "invoice.globalDiscount"),
            ("BDR-INV-026", "invoice.amountToPay"),
            ("BDR-INV-036", "invoice.amountToPay"),
        ],
    ),
    (
        "a global discount without a reason",
        a_draft(global_discount=D(10), amount_to_pay=D(230)),
        facts(),
        _one("BDR-INV-024", "globalDiscountReason"),
    ),
    (
        "a reason without a discount",
        a_draft(global_discount_reason="Geste"),
        facts(),
        _one("BDR-INV-025", "globalDiscountReason"),
    ),
    (
        "more to pay than the total",
        a_draft(amount_to_pay=D("240.02")),
        facts(),
        _one("BDR-INV-026", "amountToPay"),
    ),
    (
        "something to pay on an invoice already paid",
        a_draft(frame=Frame.A2),
        facts(),
        _one("BDR-INV-027", "amountToPay"),
    ),
    (
        "nothing to pay on an ordinary invoice",
        a_draft(amount_to_pay=D(0)),
        facts(),
        _one("BDR-INV-036", "amountToPay"),
    ),
    (
        "VAT that is not the base times the rate",
        a_draft(
            vat_breakdown=(vat("20", "200", "40.02"),),
            total_vat=D("40.02"),
            total_gross=D("240.02"),
            amount_to_pay=D("240.02"),
        ),
        facts(),
        _one("BDR-INV-028", "vatBreakdown.0.amount"),
    ),
    (
        "a base that is not the sum of its lines",
        a_draft(
            lines=(a_line(quantity=D(1)), a_line(number=2, quantity=D(1), vat_rate=D(10))),
            vat_breakdown=(vat("20", "90", "18"), vat("10", "110", "11")),
            total_vat=D(29),
            total_gross=D(229),
            amount_to_pay=D(229),
        ),
        facts(),
        [
            ("BDR-INV-029", "invoice.vatBreakdown.0.base"),
            ("BDR-INV-029", "invoice.vatBreakdown.1.base"),
        ],
    ),
    (
        "a rate of the lines missing from the breakdown",
        a_draft(
            lines=(a_line(), a_line(number=2, quantity=D(0), vat_rate=D(10))),
            vat_breakdown=(vat("20", "200", "40"),),
        ),
        facts(),
        _one("BDR-INV-031", "vatBreakdown"),
    ),
    (
        "a rate of the breakdown in no line",
        a_draft(vat_breakdown=(vat("20", "200", "40"), vat("10", "0", "0"))),
        facts(),
        _one("BDR-INV-032", "vatBreakdown.1.rate"),
    ),
    (
        "bases that do not add up to the net total",
        a_draft(
            deposit_mode=DepositMode.SAISIE_API,
            lines=(a_line(name=None, quantity=None),),
            vat_breakdown=(vat("20", "100", "20"), vat("10", "50", "5")),
            total_net=D(200),
            total_vat=D(25),
            total_gross=D(225),
            amount_to_pay=D(225),
        ),
        facts(),
        [
            ("BDR-INV-001", "invoice.lines.0.name"),
            ("BDR-INV-001", "invoice.lines.0.quantity"),
            ("BDR-INV-033", "invoice.totalNet"),
        ],
    ),
    (
        "VAT amounts that do not add up to the VAT total",
        a_draft(
            vat_breakdown=(vat("20", "200", "40"),),
            total_vat=D("41"),
            total_gross=D("241"),
            amount_to_pay=D("241"),
        ),
        facts(),
        _one("BDR-INV-034", "totalVat"),
    ),
    (
        "a VAT total that is not that of the lines",
        a_draft(total_vat=D("41"), total_gross=D("241"), amount_to_pay=D("241")),
        facts(),
        _one("BDR-INV-035", "totalVat"),
    ),
    (
        "an exemption without a reason",
        a_draft(
            vat_type=VatType.EXONERATION,
            lines=(a_line(vat_rate=D(0)),),
            total_vat=D(0),
            total_gross=D(200),
            amount_to_pay=D(200),
        ),
        facts(),
        _one("BDR-INV-040", "vatExemptionReason"),
    ),
    (
        "an exemption with an unknown reason",
        a_draft(
            vat_type=VatType.EXONERATION,
            vat_exemption_reason="ARTICLE-261",
            lines=(a_line(vat_rate=D(0)),),
            total_vat=D(0),
            total_gross=D(200),
            amount_to_pay=D(200),
        ),
        facts(),
        _one("BDR-INV-041", "vatExemptionReason"),
    ),
    (
        "VAT on an invoice without VAT",
        a_draft(vat_type=VatType.SANS_TVA, vat_breakdown=(vat("20", "200", "40"),)),
        facts(),
        [
            ("BDR-INV-042", "invoice.totalVat"),
            ("BDR-INV-042", "invoice.lines.0.vatRate"),
            ("BDR-INV-042", "invoice.vatBreakdown.0.rate"),
            ("BDR-INV-042", "invoice.vatBreakdown.0.amount"),
        ],
    ),
    (
        "VAT on an exempt invoice",
        a_draft(vat_type=VatType.EXONERATION, vat_exemption_reason="VATEX-FR-CGI261-4"),
        facts(),
        _one("BDR-INV-043", "totalVat"),
    ),
    (
        "an exemption reason on an ordinary invoice",
        a_draft(vat_exemption_reason="VATEX-FR-CGI261-4"),
        facts(),
        _one("BDR-INV-044", "vatExemptionReason"),
    ),
    (
        "an invoice without a payment mode",
        a_draft(payment_mode=None),
        facts(),
        _one("BDR-INV-050", "paymentMode"),
    ),
    (
        "a credit note with a payment mode",
        a_credit_note(payment_mode=PaymentMode.VIREMENT),
        facts(),
        _one("BDR-INV-051", "paymentMode"),
    ),
    (
        "the bank account of another",
        a_draft(bank_account_id="bnk_other"),
        facts(has_bank_account=False),
        _one("BDR-INV-052", "bankAccountId"),
    ),
    (
        "a credit note of no invoice",
        a_credit_note(original_invoice_number=None),
        facts(),
        _one("BDR-INV-060", "originalInvoiceNumber"),
    ),
    (
        "a credit note of an unknown invoice",
        a_credit_note(),
        facts(original=None),
        _one("BDR-INV-061", "originalInvoiceNumber"),
    ),
    (
        "a credit note of a credit note",
        a_credit_note(),
        facts(original=replace(ORIGINAL, type=InvoiceType.AVOIR)),
        _one("BDR-INV-062", "originalInvoiceNumber"),
    ),
    (
        "a credit note to another recipient",
        a_credit_note(),
        facts(original=replace(ORIGINAL, recipient_id="str_other")),
        _one("BDR-INV-063", "originalInvoiceNumber"),
    ),
    (
        "a credit note in another currency",
        a_credit_note(currency="USD"),
        facts(),
        _one("BDR-INV-064", "currency"),
    ),
    *[
        (
            f"a credit note of an invoice that is {status}",
            a_credit_note(),
            facts(original=replace(ORIGINAL, status=status)),
            _one("BDR-INV-065", "originalInvoiceNumber"),
        )
        for status in (S.BROUILLON, S.SUPPRIMEE, S.ABANDONNEE, S.REJETEE, S.REFUSEE_1)
    ],
    (
        "a credit note above what remains",
        a_credit_note(),
        facts(original=replace(ORIGINAL, remaining=D("239.99"))),
        _one("BDR-INV-066", "totalGross"),
    ),
    (
        "an invoice that names an original",
        a_draft(original_invoice_number="F2026-000"),
        facts(),
        _one("BDR-INV-067", "originalInvoiceNumber"),
    ),
    (
        "a credit note dated before its invoice",
        a_credit_note(issued_on=date(2026, 2, 28)),
        facts(),
        _one("BDR-INV-068", "issuedOn"),
    ),
    ("an unknown supplier", a_draft(), facts(supplier=None), _one("BDR-INV-070", "supplierId")),
    (
        "an inactive supplier",
        a_draft(),
        facts(supplier=replace(SUPPLIER, is_active=False)),
        _one("BDR-INV-071", "supplierId"),
    ),
    (
        "a supplier without a mandate",
        a_draft(),
        facts(supplier=replace(SUPPLIER, mandate=MandateState.NEVER_SIGNED)),
        _one("BDR-INV-072", "supplierId"),
    ),
    (
        "a supplier whose mandate was revoked",
        a_draft(),
        facts(
            supplier=replace(
                SUPPLIER, mandate=MandateState.REVOKED, mandate_until=date(2026, 11, 1)
            )
        ),
        _one("BDR-SIG-001", "supplierId"),
    ),
    (
        "a supplier whose mandate is too old",
        a_draft(),
        facts(
            supplier=replace(
                SUPPLIER,
                mandate=MandateState.OUTDATED,
                mandate_until=date(2026, 11, 1),
                mandate_version="2026-01",
            )
        ),
        _one("BDR-SIG-002", "supplierId"),
    ),
    (
        "an unknown service of the supplier",
        a_draft(supplier_service_code="VENTES"),
        facts(),
        _one("BDR-INV-073", "supplierServiceCode"),
    ),
    (
        "a closed service of the supplier",
        a_draft(supplier_service_code="VENTES"),
        facts(supplier_service=INACTIVE),
        _one("BDR-INV-073", "supplierServiceCode"),
    ),
    (
        "a recipient absent from the directory",
        a_draft(),
        facts(recipient=None),
        _one("BDR-INV-080", "recipientSiret"),
    ),
    (
        "a SIRET with a wrong key",
        a_draft(recipient_siret="21420218600019"),
        facts(recipient=None),
        _one("BDR-ID-002", "recipientSiret"),
    ),
    (
        "a private recipient",
        a_draft(),
        asking(is_public=False),
        _one("BDR-INV-081", "recipientSiret"),
    ),
    (
        "an inactive recipient",
        a_draft(),
        asking(is_active=False),
        _one("BDR-INV-082", "recipientSiret"),
    ),
    (
        "a recipient that only supervises works",
        a_draft(),
        asking(is_moa_only=True),
        _one("BDR-INV-083", "recipientSiret"),
    ),
    (
        "no service where one is asked for",
        a_draft(),
        asking(service_required=True),
        _one("BDR-INV-084", "recipientServiceCode"),
    ),
    (
        "an unknown service",
        a_draft(recipient_service_code="NULLE_PART"),
        facts(),
        _one("BDR-INV-085", "recipientServiceCode"),
    ),
    (
        "a service closed today",
        a_draft(recipient_service_code="SG"),
        facts(recipient_service=INACTIVE),
        _one("BDR-INV-086", "recipientServiceCode"),
    ),
    (
        "a private supplier to the service of public invoices",
        a_draft(recipient_service_code="FACTURES_PUBLIQUES"),
        facts(recipient_service=ServiceFacts(is_public_invoices=True)),
        _one("BDR-INV-087", "recipientServiceCode"),
    ),
    (
        "no commitment where one is asked for",
        a_draft(),
        asking(commitment_required=True),
        _one("BDR-INV-088", "commitmentNumber"),
    ),
    (
        "a contract number where the recipient has its own commitment format",
        a_draft(contract_number="M-2026-01"),
        asking(commitment_required=True, commitment_format="^[0-9]{7}$"),
        _one("BDR-INV-088", "commitmentNumber"),
    ),
    (
        "no commitment where the service asks for one",
        a_draft(recipient_service_code="SG"),
        facts(recipient_service=ServiceFacts(commitment_required=True)),
        _one("BDR-INV-089", "commitmentNumber"),
    ),
    (
        "no commitment where structure and service ask for one",
        a_draft(recipient_service_code="SG"),
        replace(
            asking(commitment_required=True),
            recipient_service=ServiceFacts(commitment_required=True),
        ),
        _one("BDR-INV-088", "commitmentNumber"),
    ),
    (
        "neither commitment nor service",
        a_draft(),
        asking(commitment_or_service_required=True),
        _one("BDR-INV-090", "commitmentNumber"),
    ),
    (
        "a commitment of another form",
        a_draft(commitment_number="123 4567"),
        asking(commitment_format="^[0-9]{7}$"),
        _one("BDR-INV-091", "commitmentNumber"),
    ),
    *[
        (
            f"{frame} without a validator",
            a_draft(frame=frame),
            facts(),
            _one("BDR-INV-100", "validator1"),
        )
        for frame in (A9, A12)
    ],
    (
        "a validator with a service but no identifier",
        a_draft(frame=A9, validator_1=ValidatorRef(service_code="SG")),
        facts(),
        _one("BDR-INV-100", "validator1"),
    ),
    (
        "validators of a simple invoice",
        a_draft(validator_1=ValidatorRef(identifier=HOLDER), validator_2=SECOND_REF),
        facts(),
        [("BDR-INV-101", "invoice.validator1"), ("BDR-INV-101", "invoice.validator2")],
    ),
    (
        "a second validator of a co-contractor",
        a_validated_draft(A12, validator_2=SECOND_REF),
        facts(),
        _one("BDR-INV-102", "validator2"),
    ),
    (
        "an unknown validator",
        a_validated_draft(),
        facts(validator_1=None),
        _one("BDR-INV-104", "validator1.identifier"),
    ),
    (
        "an unknown second validator",
        a_validated_draft(validator_2=SECOND_REF),
        facts(validator_2=None),
        _one("BDR-INV-104", "validator2.identifier"),
    ),
    (
        "an inactive validator",
        a_validated_draft(),
        facts(validator_1=replace(FIRST, is_active=False)),
        _one("BDR-INV-105", "validator1.identifier"),
    ),
    (
        "a supplier that validates itself",
        a_validated_draft(),
        facts(validator_1=replace(FIRST, id="str_supplier")),
        _one("BDR-INV-106", "validator1.identifier"),
    ),
    (
        "the same validator twice",
        a_validated_draft(validator_2=ValidatorRef(identifier=HOLDER)),
        facts(validator_2=FIRST),
        _one("BDR-INV-107", "validator2.identifier"),
    ),
    (
        "an unknown service of the validator",
        a_draft(frame=A9, validator_1=ValidatorRef(identifier=HOLDER, service_code="X")),
        facts(),
        _one("BDR-INV-108", "validator1.serviceCode"),
    ),
    (
        "a number already used by the supplier",
        a_draft(),
        facts(number_used_by="inv_1", number_used_in_company=True),
        _one("BDR-INV-110", "number"),
    ),
    (
        "a number already used by the company this year",
        a_draft(),
        facts(number_used_in_company=True),
        _one("BDR-INV-111", "number"),
    ),
    (
        "an external reference that names another document",
        a_draft(external_reference="ERP-1"),
        facts(reference_used_by="inv_1"),
        _one("BDR-INV-112", "externalReference"),
    ),
    (
        "a comment too long",
        a_draft(comment="x" * 2001),
        facts(),
        _one("BDR-TXT-001", "comment"),
    ),
    (
        "a NUL in a line",
        a_draft(lines=(a_line(name="Conseil\x00"),)),
        facts(),
        _one("BDR-TXT-002", "lines.0.name"),
    ),
    (
        "a line end in a reference",
        a_draft(external_reference="a\nb"),
        facts(),
        _one("BDR-TXT-002", "externalReference"),
    ),
    (
        "a reversed text",
        a_draft(comment="payer \u202e0001"),
        facts(),
        _one("BDR-TXT-003", "comment"),
    ),
    (
        "half a character",
        a_draft(comment="\ud83d"),
        facts(),
        _one("BDR-TXT-004", "comment"),
    ),
]


@pytest.mark.parametrize(("name", "draft", "known"), RIGHT, ids=[case[0] for case in RIGHT])
def test_a_right_deposit_has_no_problem(name: str, draft: Draft, known: Facts) -> None:
    assert _found(draft, known) == []


@pytest.mark.parametrize(
    ("name", "draft", "known", "expected"), BROKEN, ids=[case[0] for case in BROKEN]
)
def test_breaking_one_thing_reports_exactly_that_rule_at_that_place(
    name: str, draft: Draft, known: Facts, expected: list[tuple[str, str]]
) -> None:
    assert _found(draft, known) == expected


def test_every_rule_of_invoices_has_a_case_that_breaks_it() -> None:
    tried = {rule for _, _, _, expected in BROKEN for rule, _ in expected}

    assert INVOICES.keys() - tried == {TOO_MANY_LINES, OTHER_SUPPLIER}


def test_an_invoice_has_fewer_than_a_million_lines() -> None:
    found = draft_problems(a_draft(lines=(a_line(),) * 1_000_000))

    assert [p.rule for p in found] == [TOO_MANY_LINES]


def test_advice_does_not_refuse() -> None:
    draft = a_draft(lines=(a_line(unit="lot"),), global_discount_reason="Geste")

    found = problems_of(draft, facts())

    assert [p.severity for p in found] == ["WARNING", "WARNING"]
    assert errors(found) == []


def test_an_empty_draft_lists_all_that_is_missing_and_can_be_saved() -> None:
    assert [path for _, path in _found(Draft(), Facts(today=TODAY))] == [
        "invoice.supplierId",
        "invoice.number",
        "invoice.issuedOn",
        "invoice.recipientSiret",
        "invoice.vatType",
        "invoice.totalNet",
        "invoice.totalVat",
        "invoice.totalGross",
        "invoice.amountToPay",
        "invoice.lines",
        "invoice.paymentMode",
    ]
    assert draft_problems(Draft()) == []


def test_all_problems_come_at_once_in_the_same_order() -> None:
    draft = a_draft(
        number="F 1",
        currency="XYZ",
        issued_on=date(1999, 1, 1),
        payment_mode=None,
        total_net=D("1"),
        comment="\x00",
    )
    known = facts(supplier=None, recipient=None)

    first, second = _found(draft, known), _found(draft, known)

    assert first == second
    assert [rule for rule, _ in first] == [
        "BDR-INV-002",
        "BDR-INV-003",
        "BDR-INV-006",
        "BDR-TXT-002",
        "BDR-INV-050",
        "BDR-INV-070",
        "BDR-INV-080",
        "BDR-INV-020",
        "BDR-INV-021",
    ]


def test_a_duplicate_names_the_invoice_that_has_the_number() -> None:
    (found,) = problems_of(a_draft(), facts(number_used_by="inv_1"))

    assert found.code == "DUPLICATE_INVOICE"
    assert found.params["invoiceId"] == "inv_1"


def test_paths_follow_the_input_that_was_given() -> None:
    (found,) = problems_of(a_draft(number="F 1"), facts(), path=("draft", "invoice"))

    assert found.path == ("draft", "invoice", "number")


@pytest.mark.parametrize("figure", [D("NaN"), D("Infinity"), D("1E+50"), D("1E-50")])
def test_an_impossible_figure_is_refused_and_nothing_is_computed_with_it(figure: Decimal) -> None:
    draft = a_draft(total_net=figure, lines=(a_line(unit_price=figure),))

    found = {rule for rule, _ in _found(draft, facts())}

    assert found <= {"BDR-INV-012", "BDR-INV-013"}
    assert found


# Drafts made at random

rates = st.sampled_from(FRENCH_RATES)
prices = st.decimals(min_value=0, max_value=100_000, places=6)
quantities = st.decimals(min_value=0, max_value=10_000, places=4)


@st.composite
def right_drafts(draw: Any) -> Draft:
    sold = draw(st.lists(st.tuples(quantities, prices, rates), min_size=1, max_size=8))
    lines = tuple(
        a_line(number=n, quantity=quantity, unit_price=price, vat_rate=rate)
        for n, (quantity, price, rate) in enumerate(sold, start=1)
    )
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        net = rounded(line.quantity * line.unit_price)
        bases[line.vat_rate] = bases.get(line.vat_rate, D(0)) + net
    breakdown = tuple(
        DraftVat(rate=rate, base=base, amount=vat_on(base, rate)) for rate, base in bases.items()
    )
    net, tax = total(bases.values()), total(row.amount for row in breakdown)
    frame = draw(st.sampled_from(TYPED_FRAMES))
    return a_draft(
        frame=frame,
        validator_1=ValidatorRef(identifier=HOLDER) if frame in (A9, A12) else None,
        lines=lines,
        vat_breakdown=breakdown if draw(st.booleans()) else (),
        total_net=net,
        total_vat=tax,
        total_gross=net + tax,
        amount_to_pay=D(0) if frame == Frame.A2 else net + tax,
    )


@given(right_drafts())
@settings(max_examples=60, deadline=None)
def test_an_invoice_whose_figures_were_computed_has_no_problem(draft: Draft) -> None:
    assert errors(problems_of(draft, facts())) == []


@given(right_drafts(), st.integers(min_value=2, max_value=10_000_000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_gross_total_more_than_a_cent_away_is_always_found(
    draft: Draft, cents: int, less: bool
) -> None:
    wrong = draft.total_gross + D(cents).scaleb(-2) * (-1 if less else 1)

    found = {p.rule for p in problems_of(replace(draft, total_gross=wrong), facts())}

    assert "BDR-INV-021" in found


anything = st.text(max_size=30)
figures = st.none() | st.decimals(allow_nan=False, min_value=-(10**15), max_value=10**15, places=8)


@given(
    st.builds(
        Draft,
        number=st.none() | anything,
        currency=anything,
        issued_on=st.none() | st.dates(),
        frame=st.sampled_from(list(Frame)),
        recipient_siret=st.none() | anything,
        comment=st.none() | anything,
        vat_exemption_reason=st.none() | anything,
        vat_type=st.none() | st.sampled_from(list(VatType)),
        validator_1=st.none() | st.builds(ValidatorRef, identifier=anything),
        lines=st.lists(
            st.builds(
                DraftLine,
                number=st.none() | st.integers(),
                name=anything,
                quantity=figures,
                unit_price=figures,
                discount=figures,
                vat_rate=figures,
            ),
            max_size=3,
        ).map(tuple),
        vat_breakdown=st.lists(
            st.builds(DraftVat, rate=figures, base=figures, amount=figures), max_size=3
        ).map(tuple),
        total_net=figures,
        total_vat=figures,
        total_gross=figures,
        global_discount=figures,
        amount_to_pay=figures,
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_given_the_rules_answer_with_problems_of_the_table(draft: Draft) -> None:
    found = problems_of(draft.normalised(), Facts(today=TODAY, recipient=RECIPIENT))

    assert found
    assert all(p.rule in RULES and p.path[0] == "invoice" for p in found)
    assert all(len(p.fr) < 600 for p in found)
