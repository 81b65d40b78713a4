"""What a deposit makes: a piece, filled from its draft and what is known, and perhaps a file."""

from __future__ import annotations

from collections.abc import Mapping

from domain.access import Actor
from domain.clock import now
from domain.ids import new_id
from domain.lifecycle import Party
from domain.money import cents, plain
from domain.works import circuits
from domain.works.draft import PieceDraft
from domain.works.known import Named, WorksKnown
from domain.works.models import BillingFile, WorksPiece


def new_piece(actor: Actor, draft: PieceDraft) -> WorksPiece:
    """A piece of that frame, still to be filled and put in a status."""
    return WorksPiece(
        id=new_id("wpc"),
        created_at=now(),
        created_by=actor.id,
        status="",
        recent_changes=[],
        frame=draft.frame.value,
        currency=draft.currency,
    )


def new_file(draft: PieceDraft) -> BillingFile:
    """The file that the piece opens, without its parties."""
    at = now()
    stage = circuits.row(draft.frame).stage
    assert stage is not None
    return BillingFile(
        id=new_id("bfl"),
        stage=stage.value,
        contract_number=draft.contract_number,
        commitment_number=draft.commitment_number,
        period_from=draft.period_from,
        period_to=draft.period_to,
        created_at=at,
        updated_at=at,
    )


def name_parties(file: BillingFile, piece: WorksPiece) -> None:
    """The file knows every part that one of its pieces named, the latest one first."""
    file.stage = piece.stage
    file.contract_id = file.contract_id or piece.contract_id
    file.holder_id = piece.holder_id
    file.project_manager_id = piece.project_manager_id
    file.project_manager_service_id = piece.project_manager_service_id
    file.contracting_authority_id = piece.contracting_authority_id
    file.contracting_authority_service_id = piece.contracting_authority_service_id
    if piece.recipient_id is not None:
        file.finance_id, file.finance_service_id = piece.recipient_id, piece.recipient_service_id


def fill(piece: WorksPiece, draft: PieceDraft, known: WorksKnown) -> None:
    """Copy the draft to the columns, with what was found of the structures it names."""
    assert known.depositor is not None
    row = circuits.row(draft.frame)
    assert row.stage is not None
    piece.frame = draft.frame.value
    piece.type, piece.stage = row.document_types[0], row.stage.value
    for name in _COPIED:
        setattr(piece, name, getattr(draft, name))
    piece.previous_id = known.previous.id if known.previous else None
    piece.replaces_id = known.replaced.id if known.replaced else None
    piece.bank_account_id = draft.bank_account_id if known.facts.has_bank_account else None
    for name in _AMOUNTS:
        amount = getattr(draft, name)
        setattr(piece, f"{name}_cents", None if amount is None else cents(amount))
    piece.vat_breakdown = [
        {
            name: plain(v)
            for name in ("rate", "base", "amount")
            if (v := getattr(vat, name)) is not None
        }
        for vat in draft.vat_breakdown
    ]
    piece.deductions = [
        {"kind": d.kind.value, "label": d.label or "", "amount": plain(d.amount)}
        for d in draft.deductions
        if d.amount is not None
    ]
    contract = known.facts.contract
    piece.contract_id = contract.id if contract and contract.is_in_force else None
    before = known.previous
    piece.previous_net_cents = before.total_net_cents if before else None
    piece.previous_to_pay_cents = before.amount_to_pay_cents if before else None
    piece.depositor_id = known.depositor["id"]
    piece.depositor_name = known.depositor["name"]
    piece.depositor_identifier = known.depositor["identifier"]
    _address(piece, known.parties)


def start_clock(piece: WorksPiece, file: BillingFile) -> None:
    """The payment time of a monthly request counts from the reception of its first draft."""
    if circuits.is_paid(piece.frame) and file.payment_from and piece.stage == "IN_PROGRESS":
        clock = piece.payment_clock.start(file.payment_from)
        piece.clock_started_at, piece.due_on = clock.started_at, clock.due_on


# fmt: off
_COPIED = (
    "number", "issued_on", "currency", "external_reference", "contract_number",
    "commitment_number", "period_from", "period_to", "comment",
)
_AMOUNTS = ("total_net", "total_vat", "total_gross", "amount_to_pay")
# fmt: on


def _address(piece: WorksPiece, parties: Mapping[Party, Named]) -> None:
    """Name who plays which part, and keep what the payer asks as it is today."""
    holder, moe = parties.get(Party.HOLDER), parties.get(Party.PROJECT_MANAGER)
    moa, finance = parties.get(Party.CONTRACTING_AUTHORITY), parties.get(Party.RECIPIENT)
    piece.holder_id = holder.id if holder else None
    piece.validator_id = piece.holder_id if circuits.is_validated(piece.frame) else None
    piece.project_manager_id = moe.id if moe else None
    piece.project_manager_service_id = moe.service_id if moe else None
    piece.contracting_authority_id = moa.id if moa else None
    piece.contracting_authority_service_id = moa.service_id if moa else None
    piece.recipient_id = piece.recipient_service_id = None
    if circuits.is_paid(piece.frame) and finance is not None:
        piece.recipient_id, piece.recipient_service_id = finance.id, finance.service_id
        piece.payment_days = finance.structure["payment_days"]
        piece.free_status_order = bool(finance.structure["free_status_order"])
        reported = not finance.structure["payment_status_not_reported"]
        piece.payment_reported = reported and (
            finance.service is None or bool(finance.service["payment_status_reported"])
        )
