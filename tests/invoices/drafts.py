"""Drafts and facts for the tests of the rules: right by default, each test says what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain.invoices.draft import Draft, DraftLine, DraftVat, ValidatorRef
from domain.invoices.rules import (
    Facts,
    OriginalFacts,
    RecipientFacts,
    ServiceFacts,
    SupplierFacts,
    ValidatorFacts,
)
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.vat import VatType

D = Decimal
TODAY = date(2026, 3, 10)
SAINT_ETIENNE = "21420218600018"
HOLDER, AGENT = "35600000000048", "21750001600019"


def a_line(**changes: Any) -> DraftLine:
    """Two hours at 100.00, 20 %."""
    line = DraftLine(
        number=1,
        name="Conseil",
        quantity=D(2),
        unit="HUR",
        unit_price=D("100.00"),
        vat_rate=D(20),
    )
    return replace(line, **changes)


def a_draft(**changes: Any) -> Draft:
    """An invoice of 200.00 net, 240.00 gross, to Saint-Étienne."""
    draft = Draft(
        supplier_id="str_supplier",
        number="F2026-001",
        issued_on=date(2026, 3, 9),
        recipient_siret=SAINT_ETIENNE,
        vat_type=VatType.TVA_SUR_DEBIT,
        payment_mode=PaymentMode.VIREMENT,
        lines=(a_line(),),
        total_net=D("200.00"),
        total_vat=D("40.00"),
        total_gross=D("240.00"),
        amount_to_pay=D("240.00"),
    )
    return replace(draft, **changes)


def a_credit_note(**changes: Any) -> Draft:
    """A credit note for the whole of invoice F2026-001."""
    note = a_draft(
        number="A2026-001",
        type=InvoiceType.AVOIR,
        payment_mode=None,
        original_invoice_number="F2026-001",
    )
    return replace(note, **changes)


def a_validated_draft(frame: Frame = Frame.A9, **changes: Any) -> Draft:
    """An invoice that a validator must approve first."""
    return a_draft(frame=frame, validator_1=ValidatorRef(identifier=HOLDER), **changes)


def vat(rate: str, base: str, amount: str) -> DraftVat:
    return DraftVat(rate=D(rate), base=D(base), amount=D(amount))


SUPPLIER = SupplierFacts(id="str_supplier")
RECIPIENT = RecipientFacts(id="str_recipient", name="Ville de Saint-Étienne")
FIRST = ValidatorFacts(id="str_holder", name="Titulaire SA")
SECOND = ValidatorFacts(id="str_agent", name="Mandataire SA")
ACTIVE = ServiceFacts()
ORIGINAL = OriginalFacts(
    type=InvoiceType.FACTURE,
    recipient_id="str_recipient",
    currency="EUR",
    status=S.MISE_EN_PAIEMENT,
    issued_on=date(2026, 3, 1),
    remaining=D("240.00"),
)


def facts(**changes: Any) -> Facts:
    """What the database knows when everything that is named exists."""
    known = Facts(
        today=TODAY,
        supplier=SUPPLIER,
        recipient=RECIPIENT,
        validator_1=FIRST,
        validator_2=SECOND,
        original=ORIGINAL,
        has_bank_account=True,
    )
    return replace(known, **changes)


def asking(**changes: Any) -> Facts:
    """The same, with a recipient that asks for more."""
    return facts(recipient=replace(RECIPIENT, **changes))
