"""The verbs of invoices: save a draft, validate, submit, move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain import deadlines, documents, policy
from domain.access import Actor, Permission
from domain.clock import now
from domain.contracts.known import turn
from domain.db import execute_many, hold
from domain.documents import Given, Prepare, locked
from domain.errors import Invalid, NotFound, Problem, WrongStatus
from domain.events import check_version, transaction
from domain.ids import findable, new_id
from domain.invoices.contract_rules import with_validators
from domain.invoices.draft import Draft, DraftVat
from domain.invoices.form import draft_problems
from domain.invoices.known import Known, id_of, known_of
from domain.invoices.lifecycle import INVOICE, InvoiceAction
from domain.invoices.models import Invoice
from domain.invoices.receipt import receipt_number
from domain.invoices.rules import (
    errors,
    problems_of,
    reference_problems,
    routing_problems,
)
from domain.invoices.sums import line_net
from domain.invoices.validators import correct, routing_draft
from domain.lifecycle import Party, Step
from domain.money import ZERO, cents, plain, total, vat_on
from domain.payments.acknowledging import unacknowledged
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.rules_text import problem

PATH = ("invoice",)


@dataclass(frozen=True)
class Judged:
    """A normalised draft, what is known of it, and every problem and advice."""

    draft: Draft
    known: Known
    problems: Sequence[Problem]

    @property
    def advice(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "WARNING"]


@dataclass(frozen=True)
class Deposited:
    """A deposit and the advice that goes with it."""

    invoice: Invoice
    advice: Sequence[Problem]


async def judge(actor: Actor, draft: Draft, *, own_id: str | None = None) -> Judged:
    """Everything that would be said of the draft if it were submitted now; writes nothing.

    Raises:
        NotFound, Forbidden: the caller cannot issue for the supplier.
    """
    draft = draft.normalised()
    known = await known_of(draft, own_id=own_id)
    completed = with_validators(draft, known.facts.contract, id_of(known.supplier))
    if completed != draft:
        draft, known = completed, await known_of(completed, own_id=own_id)
    if draft.supplier_id is not None:
        path = (*PATH, "supplierId")
        _require_issue(actor, draft.supplier_id, id_of(known.supplier_service), path)
    found = problems_of(draft, known.facts, PATH)
    found += [
        problem("BDR-MBR-067", (*PATH, *path), **change.words())
        for path, change in known.given_up.items()
    ]
    if known.changed_since is not None:
        found.append(problem("BDR-MBR-068", (*PATH, "supplierId"), **known.changed_since.words()))
    if known.supplier is not None:
        found += await unacknowledged(Invoice, known.supplier["id"], (*PATH, "supplierId"))
    return Judged(draft, known, found)


async def submit(actor: Actor, draft: Draft) -> Deposited:
    """Deposit: check everything, write, tell, and route it at once.

    Raises:
        NotFound, Forbidden, Invalid
    """
    async with transaction():
        draft = draft.normalised()
        await _hold(draft)
        judged = await judge(actor, draft)
        if refusals := errors(judged.problems):
            raise Invalid(*refusals)
        invoice = _new_invoice(actor, judged.draft, judged.known)
        await _deposit(invoice, judged, actor)
        await invoice.save(force_create=True)
        await _write_rows(invoice, judged.draft)
    return Deposited(invoice, judged.advice)


async def save_draft(
    actor: Actor, draft: Draft, *, draft_id: str | None = None, expected_version: int | None = None
) -> Invoice:
    """Keep an unfinished invoice; only its form is checked.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus, Conflict
    """
    draft = draft.normalised()
    path = (*PATH, "supplierId")
    async with transaction():
        if draft.supplier_id is None:
            raise Invalid(problem("BDR-INV-001", path))
        _require_issue(actor, draft.supplier_id, None, path, or_on_a_service=True)
        if refusals := errors(draft_problems(draft, PATH, check_luhn=policy.current().check_luhn)):
            raise Invalid(*refusals)
        # The row first, as a deposit of the draft does: nobody waits in a circle.
        saved = None if draft_id is None else await _draft(actor, draft_id, ("draft",))
        await _hold(draft)
        known = await known_of(draft, own_id=draft_id)
        _require_issue(actor, draft.supplier_id, id_of(known.supplier_service), path)
        if taken := list(reference_problems(draft, known.facts, PATH)):
            raise Invalid(*taken)
        if saved is not None:
            check_version(saved, expected_version)
            if saved.supplier_id != draft.supplier_id:
                raise Invalid(problem("BDR-INV-074", path))
        invoice = saved or _new_invoice(actor, draft, known)
        _fill(invoice, draft, known)
        documents.keep(invoice, S.BROUILLON)
        invoice.draft = draft.as_json()
        documents.tell(invoice, "invoice.draft_saved", actor, Party.SUPPLIER)
        await invoice.save(force_create=draft_id is None)
    return invoice


async def submit_draft(
    actor: Actor, draft_id: str, *, expected_version: int | None = None
) -> Deposited:
    """Deposit a saved draft.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus, Conflict
    """
    async with transaction():
        invoice = await _draft(actor, draft_id, ("draft",))
        check_version(invoice, expected_version)
        _require_issue(actor, invoice.supplier_id, invoice.supplier_service_id, ("draft",))
        advice = await _submit(invoice, actor)
        await invoice.save()
    return Deposited(invoice, advice)


async def draft_of(actor: Actor, draft_id: str) -> Draft:
    """The content of a saved draft.

    Raises:
        NotFound
    """
    invoice = await Invoice.filter(id=findable(draft_id)).first()
    if invoice is None or not invoice.visible_to(actor) or invoice.draft is None:
        raise NotFound(problem("BDR-REQ-001", ("draft",)))
    return Draft.from_json(invoice.draft)


async def move(actor: Actor, identifier: str, action: InvoiceAction, given: Given) -> Invoice:
    """Take one action of the life cycle.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid, Conflict
    """
    if unused := _unused(action, given):
        raise Invalid(*unused)
    return await documents.move(Invoice, identifier, action, actor, given, prepare=PREPARE)


# What actions look up and check before the step is taken


async def _prepare_submit(invoice: Invoice, step: Step[Any], given: Given, actor: Actor) -> None:
    await _complete_draft(invoice, actor)


async def _prepare_routing(invoice: Invoice, step: Step[Any], given: Given, actor: Actor) -> None:
    assert given.routing is not None
    routing = given.routing
    draft = routing_draft(invoice)
    corrected = replace(
        draft,
        recipient_siret=_or(routing.recipient_siret, draft.recipient_siret),
        recipient_service_code=_or(routing.service_code, draft.recipient_service_code),
        commitment_number=_or(routing.commitment_number, draft.commitment_number),
    ).normalised()
    known = await known_of(corrected, own_id=invoice.id)
    if found := errors(routing_problems(corrected, known.facts, ("routing",))):
        raise Invalid(*found)
    if corrected == draft.normalised():
        raise Invalid(problem("BDR-LIF-022", ("routing",)))
    invoice.commitment_number = corrected.commitment_number
    _address(invoice, corrected, known)


PREPARE: Mapping[str, Prepare] = {
    InvoiceAction.SUBMIT: _prepare_submit,
    InvoiceAction.RETRANSMIT: _prepare_routing,
    InvoiceAction.CORRECT_VALIDATOR: correct,
}
deadlines.watch(Invoice)

# Which of the optional inputs an action takes, beside the reason and the comment.
_TAKES: Mapping[str, frozenset[InvoiceAction]] = {
    "routing": frozenset({InvoiceAction.RETRANSMIT}),
    "validator": frozenset({InvoiceAction.CORRECT_VALIDATOR}),
    "payment_order_number": frozenset({InvoiceAction.ORDER_PAYMENT, InvoiceAction.PAY}),
}
_FIELD = {
    "routing": "routing",
    "validator": "validator",
    "payment_order_number": "paymentOrderNumber",
}


def _unused(action: InvoiceAction, given: Given) -> list[Problem]:
    return [
        problem("BDR-LIF-020", (_FIELD[name],), action=action)
        for name, actions in _TAKES.items()
        if getattr(given, name) is not None and action not in actions
    ]


async def _submit(invoice: Invoice, actor: Actor) -> list[Problem]:
    judged = await _complete_draft(invoice, actor)
    _take_submission(invoice, actor)
    return judged.advice


async def _complete_draft(invoice: Invoice, actor: Actor) -> Judged:
    draft = Draft.from_json(invoice.draft or {})
    await _hold(draft)
    judged = await judge(actor, draft, own_id=invoice.id)
    if refusals := errors(judged.problems):
        raise Invalid(*refusals)
    await _prepare_deposit(invoice, judged)
    await _write_rows(invoice, judged.draft)
    return judged


async def _deposit(invoice: Invoice, judged: Judged, actor: Actor) -> None:
    await _prepare_deposit(invoice, judged)
    _take_submission(invoice, actor)


async def _prepare_deposit(invoice: Invoice, judged: Judged) -> None:
    at = now()
    _fill(invoice, judged.draft, judged.known)
    invoice.deposited_at = at
    invoice.receipt_number = receipt_number(invoice.id, at)
    invoice.receipt_sha256 = judged.draft.fingerprint()
    invoice.draft = None


def _take_submission(invoice: Invoice, actor: Actor) -> None:
    rows = INVOICE.rows(InvoiceAction.SUBMIT, S.BROUILLON)
    step = next(row for row in rows if row.allowed(invoice.facts()))
    documents.take(invoice, step, actor, Given())
    documents.settle(invoice)


def _new_invoice(actor: Actor, draft: Draft, known: Known) -> Invoice:
    invoice = Invoice(
        id=new_id("inv"), created_at=now(), created_by=actor.id, status="", recent_changes=[]
    )
    _fill(invoice, draft, known)
    return invoice


def _fill(invoice: Invoice, draft: Draft, known: Known) -> None:
    """Copy the draft to the columns, with what was found of the structures it names."""
    assert known.supplier is not None
    for name in _COPIED:
        setattr(invoice, name, getattr(draft, name))
    for name in _CODES:
        value = getattr(draft, name)
        setattr(invoice, name, None if value is None else value.value)
    invoice.supplier_id = known.supplier["id"]
    invoice.supplier_name = known.supplier["name"]
    invoice.supplier_identifier = known.supplier["identifier"]
    invoice.supplier_siren = known.supplier["siren"]
    invoice.bank_account_id = draft.bank_account_id if known.facts.has_bank_account else None
    invoice.original_invoice_id = known.original["id"] if known.original else None
    for name in _AMOUNTS:
        amount = getattr(draft, name)
        setattr(invoice, f"{name}_cents", None if amount is None else cents(amount))
    invoice.global_discount_cents = cents(draft.discount)
    after = draft.gross_after_discount
    invoice.total_gross_after_discount_cents = None if after is None else cents(after)
    invoice.supplier_service_id = id_of(known.supplier_service)
    invoice.validator_1_id = id_of(known.validator_1)
    invoice.validator_2_id = id_of(known.validator_2)
    invoice.validator_1_service_id = id_of(known.validator_1_service)
    invoice.validator_2_service_id = id_of(known.validator_2_service)
    first, second = draft.validator_1, draft.validator_2
    invoice.validator_1_service_code = first.service_code if first else None
    invoice.validator_2_service_code = second.service_code if second else None
    _address(invoice, draft, known)


# fmt: off
_COPIED = (
    "number", "issued_on", "currency", "external_reference", "supplier_service_code",
    "commitment_number", "contract_number", "vat_exemption_reason", "original_invoice_number",
    "comment", "global_discount_reason",
)
_CODES = ("type", "frame", "deposit_mode", "vat_type", "payment_mode")
_AMOUNTS = ("total_net", "total_vat", "total_gross", "amount_to_pay")
# fmt: on


def _address(invoice: Invoice, draft: Draft, known: Known) -> None:
    """Name the recipient, and keep what it asks of its invoices as it is today."""
    recipient, service = known.recipient, known.recipient_service
    contract = known.facts.contract
    invoice.contract_id = contract.id if contract and contract.is_in_force else None
    invoice.recipient_service_id = id_of(service)
    invoice.recipient_service_code = draft.recipient_service_code
    if recipient is None:
        invoice.recipient_id = invoice.recipient_name = invoice.recipient_identifier = None
        return
    invoice.recipient_id = recipient["id"]
    invoice.recipient_name = recipient["name"]
    invoice.recipient_identifier = recipient["identifier"]
    invoice.payment_days = recipient["payment_days"]
    invoice.free_status_order = bool(recipient["free_status_order"])
    reported = not recipient["payment_status_not_reported"]
    invoice.payment_reported = reported and (
        service is None or bool(service["payment_status_reported"])
    )


async def _write_rows(invoice: Invoice, draft: Draft) -> None:
    """The lines and the VAT of a deposit. A draft has none: they are in its content."""
    await execute_many(
        "INSERT INTO invoice_line (id, invoice_id, number, reference, name, quantity, unit,"
        " unit_price, discount, vat_rate, net_cents)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [
            (
                new_id("lin"),
                invoice.id,
                line.number,
                line.reference,
                line.name,
                plain(line.quantity or ZERO),
                line.unit,
                plain(line.unit_price or ZERO),
                plain(line.discount or ZERO),
                plain(line.vat_rate or ZERO),
                cents(line_net(line)),
            )
            for line in draft.lines
        ],
    )
    await execute_many(
        "INSERT INTO invoice_vat (id, invoice_id, position, rate, base_cents, amount_cents)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (
                new_id("vat"),
                invoice.id,
                n,
                plain(row.rate or ZERO),
                cents(row.base or ZERO),
                cents(row.amount or ZERO),
            )
            for n, row in enumerate(vat_rows(draft), start=1)
        ],
    )


def vat_rows(draft: Draft) -> tuple[DraftVat, ...]:
    """The VAT by rate: as given, else deduced from the lines."""
    if draft.vat_breakdown or not draft.lines:
        return draft.vat_breakdown
    rates = sorted({line.vat_rate or ZERO for line in draft.lines}, reverse=True)
    bases = {
        rate: total(line_net(line) for line in draft.lines if (line.vat_rate or ZERO) == rate)
        for rate in rates
    }
    return tuple(DraftVat(rate=r, base=b, amount=vat_on(b, r)) for r, b in bases.items())


async def _draft(actor: Actor, identifier: str, path: tuple[str, ...]) -> Invoice:
    invoice = await locked(Invoice, identifier, actor, path)
    if invoice.status != S.BROUILLON:
        raise WrongStatus(problem("BDR-LIF-001", path, action="SUBMIT", status=invoice.status))
    return invoice


async def _hold(draft: Draft) -> None:
    """One at a time for the same number, reference, and credited invoice.

    A number is unique in the whole company, whichever of its establishments deposits.
    """
    draft = draft.searchable()
    names = {f"number {name}" for name in (draft.number, draft.original_invoice_number) if name}
    if draft.external_reference:
        names.add(f"reference {draft.supplier_id} {draft.external_reference}")
    if draft.contract_number and draft.frame is Frame.A9:
        names.add(turn(draft.contract_number))
    await hold(*sorted(names))


def _require_issue(
    actor: Actor,
    structure_id: str,
    service_id: str | None,
    path: tuple[str, ...],
    *,
    or_on_a_service: bool = False,
) -> None:
    """Refuse unless the actor may issue for the structure, or for the service that is named.

    `or_on_a_service` lets go on whoever may for some service, until it is known which is named.
    """
    if service_id is not None and actor.may(Permission.ISSUE, service_id):
        return
    if or_on_a_service and actor.services(Permission.ISSUE):
        return
    actor.require(Permission.ISSUE, on=structure_id, path=path)


def _or(given: str | None, present: str | None) -> str | None:
    return present if given is None else given or None
