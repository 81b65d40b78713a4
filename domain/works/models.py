"""Works billing files ("dossiers de facturation") and their pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from domain import policy
from domain.access import Actor
from domain.clock import now
from domain.db import hold
from domain.documents import Given
from domain.lifecycle import Party, Step
from domain.money import decimal_text
from domain.payments.models import PaymentRequest
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.works import circuits
from domain.works.lifecycle import TO_HANDLE, WORKS, WorksAction, WorksFacts

_AMOUNT_IS_NO_GROUND = "BDR-WRK-034"


class BillingFile(Model):
    """The pieces of one monthly or final request, between those who must act on them."""

    kind: ClassVar[str] = "billing_file"

    id = fields.CharField(primary_key=True, max_length=30)
    stage = fields.CharField(max_length=12)
    contract_number = fields.CharField(max_length=50, null=True)
    contract_id = fields.CharField(max_length=30, null=True)
    commitment_number = fields.CharField(max_length=50, null=True)
    period_from = fields.DateField(null=True)
    period_to = fields.DateField(null=True)
    holder_id = fields.CharField(max_length=30, null=True)
    project_manager_id = fields.CharField(max_length=30, null=True)
    project_manager_service_id = fields.CharField(max_length=30, null=True)
    contracting_authority_id = fields.CharField(max_length=30, null=True)
    contracting_authority_service_id = fields.CharField(max_length=30, null=True)
    finance_id = fields.CharField(max_length=30, null=True)
    finance_service_id = fields.CharField(max_length=30, null=True)
    # The frames still to come by the ordinary way.
    expected_frames: fields.Field[list[str]] = fields.JSONField(default=list)
    # From when the payment time of the monthly request counts: its reception downstream.
    payment_from = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "billing_file"


class BillingFileTask(Model):
    """Who must act now on a piece, and until when. A request that no file holds yet has none."""

    id = fields.CharField(primary_key=True, max_length=30)
    file_id = fields.CharField(max_length=30, null=True)
    position = fields.IntField()
    party = fields.CharField(max_length=24)
    structure_id = fields.CharField(max_length=30)
    service_id = fields.CharField(max_length=30, null=True)
    piece_id = fields.CharField(max_length=30)
    task = fields.CharField(max_length=16)
    frames: fields.Field[list[str]] = fields.JSONField(default=list)
    silence = fields.CharField(max_length=24)
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "billing_file_task"


class WorksPiece(PaymentRequest):
    """One piece. A draft (BROUILLON) may lack anything but its depositor and its frame.

    `previous_id` is the piece it follows, `attached_to_id` the statement that carries it to
    payment, `replaces_id` the refused piece that it does again.
    """

    kind = "works_piece"
    lifecycle = WORKS
    blocked_reasons: ClassVar[Mapping[str, str]] = {
        Reason.WORKS_MONTANT_ERR: _AMOUNT_IS_NO_GROUND,
        Reason.MONTANT_ERR: _AMOUNT_IS_NO_GROUND,
    }

    created_by = fields.CharField(max_length=30)
    file_id = fields.CharField(max_length=30, null=True)
    frame = fields.CharField(max_length=4)
    type = fields.CharField(max_length=48)
    stage = fields.CharField(max_length=12)
    previous_id = fields.CharField(max_length=30, null=True)
    attached_to_id = fields.CharField(max_length=30, null=True)
    replaces_id = fields.CharField(max_length=30, null=True)

    number = fields.CharField(max_length=20, null=True)
    issued_on = fields.DateField(null=True)
    currency = fields.CharField(max_length=3)
    external_reference = fields.CharField(max_length=255, null=True)
    contract_number = fields.CharField(max_length=50, null=True)
    contract_id = fields.CharField(max_length=30, null=True)
    commitment_number = fields.CharField(max_length=50, null=True)
    period_from = fields.DateField(null=True)
    period_to = fields.DateField(null=True)
    comment = fields.TextField(null=True)
    bank_account_id = fields.CharField(max_length=30, null=True)

    depositor_id = fields.CharField(max_length=30)
    depositor_name = fields.CharField(max_length=200)
    depositor_identifier = fields.CharField(max_length=80)
    holder_id = fields.CharField(max_length=30, null=True)
    validator_id = fields.CharField(max_length=30, null=True)
    project_manager_id = fields.CharField(max_length=30, null=True)
    project_manager_service_id = fields.CharField(max_length=30, null=True)
    contracting_authority_id = fields.CharField(max_length=30, null=True)
    contracting_authority_service_id = fields.CharField(max_length=30, null=True)
    recipient_id = fields.CharField(max_length=30, null=True)
    recipient_service_id = fields.CharField(max_length=30, null=True)

    total_net_cents = fields.BigIntField(null=True)
    total_vat_cents = fields.BigIntField(null=True)
    total_gross_cents = fields.BigIntField(null=True)
    amount_to_pay_cents = fields.BigIntField(null=True)
    vat_breakdown: fields.Field[list[dict[str, str]]] = fields.JSONField(default=list)
    deductions: fields.Field[list[dict[str, str]]] = fields.JSONField(default=list)
    # What the piece before it said, to show both.
    previous_net_cents = fields.BigIntField(null=True)
    previous_to_pay_cents = fields.BigIntField(null=True)

    received_at = fields.DatetimeField(null=True)
    answered_at = fields.DatetimeField(null=True)
    lapsed_at = fields.DatetimeField(null=True)
    contested_at = fields.DatetimeField(null=True)
    receipt_number = fields.CharField(max_length=40, null=True)
    receipt_sha256 = fields.CharField(max_length=64, null=True)
    draft: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)

    class Meta:
        table = "works_piece"

    @classmethod
    async def held(cls, identifier: str, actor: Actor) -> WorksPiece | None:
        """The piece, held with its file and the other pieces of it."""
        seen = await cls.get_or_none(id=identifier)
        if seen is None or not seen.visible_to(actor):
            return None
        return (await hold_together([seen])).get(identifier)

    def parties(self) -> Mapping[Party, str]:
        """The structure that plays each part in this piece."""
        named = {
            Party.DEPOSITOR: self.depositor_id,
            Party.VALIDATOR_1: self.validator_id,
            Party.HOLDER: self.holder_id,
            Party.PROJECT_MANAGER: self.project_manager_id,
            Party.CONTRACTING_AUTHORITY: self.contracting_authority_id,
            Party.RECIPIENT: self.recipient_id,
        }
        return {party: structure for party, structure in named.items() if structure}

    def places(self) -> Mapping[Party, tuple[str, ...]]:
        """The structure in each part, and the service through which it plays it."""
        services = {
            Party.PROJECT_MANAGER: self.project_manager_service_id,
            Party.CONTRACTING_AUTHORITY: self.contracting_authority_service_id,
            Party.RECIPIENT: self.recipient_service_id,
        }
        return {
            party: (structure, service) if (service := services.get(party)) else (structure,)
            for party, structure in self.parties().items()
        }

    def facts(self) -> WorksFacts:
        """What the conditions of the life cycle look at."""
        return facts_of(self)

    def card(self) -> dict[str, Any]:
        """The piece in short, as its events carry it; amounts are decimal strings."""
        return {
            "id": self.id,
            "fileId": self.file_id,
            "number": self.number,
            "type": self.type,
            "frame": self.frame,
            "stage": self.stage,
            "status": self.status,
            "version": self.event_count,
            "previousId": self.previous_id,
            "attachedToId": self.attached_to_id,
            "replacesId": self.replaces_id,
            "issuedOn": self.issued_on.isoformat() if self.issued_on else None,
            "depositedAt": _instant(self.deposited_at),
            "availableAt": _instant(self.available_at),
            "dueOn": self.due_on.isoformat() if self.due_on else None,
            "currency": self.currency,
            "totalNet": decimal_text(self.total_net_cents),
            "totalVat": decimal_text(self.total_vat_cents),
            "totalGross": decimal_text(self.total_gross_cents),
            "amountToPay": decimal_text(self.amount_to_pay_cents),
            "contractNumber": self.contract_number,
            "commitmentNumber": self.commitment_number,
            "externalReference": self.external_reference,
            "depositor": {
                "id": self.depositor_id,
                "identifier": self.depositor_identifier,
                "name": self.depositor_name,
            },
            "holderId": self.holder_id,
            "projectManagerId": self.project_manager_id,
            "contractingAuthorityId": self.contracting_authority_id,
            "recipientId": self.recipient_id,
        }

    def entered(self, step: Step[Any], given: Given, at: datetime) -> None:
        """Dates and marks that follow from a step."""
        super().entered(step, given, at)
        if step.action == WorksAction.SUBMIT:
            self.deposited_at = at
        if step.to in _RECEIVED and step.action not in _RESUMES:
            # A wrong actor or a routing corrected begins the time of the new one.
            self.received_at = at
            self.lapsed_at = None
        if step.to in TO_HANDLE:
            self.acknowledged_at = self.rejection_handled_at = None
        match step.action:
            case WorksAction.OPEN_TACIT | WorksAction.BECOME_FINAL | WorksAction.DEEM_ACCEPTED:
                self.lapsed_at = at
            case WorksAction.CONTEST:
                self.contested_at = at
        if not circuits.is_paid(self.frame):
            self.clock_started_at = self.clock_stopped_at = self.clock_ended_at = None
            self.due_on = None


async def hold_together(
    pieces: Collection[WorksPiece], names: Iterable[str] = ()
) -> Mapping[str, WorksPiece]:
    """Hold pieces that were judged visible, their files, and every piece of these; all by id.

    The one door, called once in a transaction, and so the one order: names, then files, then
    pieces, each sorted. A file is held before its pieces are listed, so that none is added
    meanwhile; a piece that is in no file yet is held by its name, so that it joins none.
    """
    alone = {f"works piece {piece.id}" for piece in pieces if piece.file_id is None}
    await hold(*sorted({*names, *alone}))
    if not pieces:
        return {}
    ids = sorted(piece.id for piece in pieces)
    if alone:
        # It may have joined one until then. Whoever is in a file stays in it.
        pieces = await WorksPiece.filter(id__in=ids)
    wanted = Q(id__in=ids)
    if file_ids := sorted({piece.file_id for piece in pieces if piece.file_id is not None}):
        await BillingFile.filter(id__in=file_ids).order_by("id").select_for_update()
        wanted |= Q(file_id__in=file_ids)
    return {p.id: p for p in await WorksPiece.filter(wanted).order_by("id").select_for_update()}


# Where the party that must follow first has the piece.
_RECEIVED = (S.A_ASSOCIER_MOE, S.A_ASSOCIER_MOA, S.A_ASSOCIER_FOURNISSEUR, S.MISE_A_DISPOSITION)

_RESUMES = (WorksAction.LIFT_SUSPENSION, WorksAction.RETURN)

FACTS = (
    "frame",
    "received_at",
    "previous_id",
    "contracting_authority_id",
    "answered_at",
    "lapsed_at",
    "contested_at",
    "previous_net_cents",
    "total_net_cents",
    "previous_to_pay_cents",
    "amount_to_pay_cents",
    "free_status_order",
    "payment_reported",
    "acknowledged_at",
    "rejection_handled_at",
)


def facts_of(row: Any) -> WorksFacts:
    """The facts of the life cycle from the columns `FACTS` of a piece, with the site's policy."""
    site = policy.current()
    joins = circuits.row(row.frame).joins
    tacit = site.tacit_days_subcontractor if joins else site.tacit_days_cocontractor
    return WorksFacts(
        frame=row.frame,
        received_at=row.received_at,
        is_initial=row.previous_id is None,
        has_authority=row.contracting_authority_id is not None,
        is_answered=row.answered_at is not None,
        is_lapsed=row.lapsed_at is not None,
        is_contestable=_is_contestable(row, site.works_contest_days),
        tacit_days=tacit or None,
        project_manager_days=site.works_project_manager_days or None,
        general_statement_days=site.works_general_statement_days or None,
        tacit_answer_days=site.works_tacit_answer_days or None,
        signature_days=site.works_signature_days or None,
        free_status_order=bool(row.free_status_order),
        payment_reported=bool(row.payment_reported),
        acknowledged=row.acknowledged_at is not None,
        rejection_handled=row.rejection_handled_at is not None,
    )


def _is_contestable(row: Any, days: int) -> bool:
    """Whether the holder's amount was corrected and may still be disputed."""
    corrected = row.previous_net_cents is not None and (
        row.previous_net_cents != row.total_net_cents
        or row.previous_to_pay_cents != row.amount_to_pay_cents
    )
    if not corrected or row.contested_at is not None or row.received_at is None:
        return False
    received: datetime = row.received_at
    return circuits.row(row.frame).stage == "IN_PROGRESS" and now() <= received + timedelta(
        days=days
    )


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
