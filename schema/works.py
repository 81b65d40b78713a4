"""Works billing files and their pieces as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import strawberry

from domain import feed
from domain.access import Actor
from domain.lifecycle import Party
from domain.reference.frames import FRAMES, AmountsMeaning, Frame, WorksStage
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus, StatusTone
from domain.reference.words import Words
from domain.select import Select
from domain.works import queries
from domain.works.draft import DeductionKind
from domain.works.lifecycle import WORKS, WorksAction
from domain.works.models import FACTS, facts_of
from domain.works.progress import SILENCES, TASKS, Silence, Task
from domain.works.words import WORKS_ACTIONS
from schema.context import InLocale, Locale
from schema.contracts import Contract
from schema.documents import (
    OfferedAction,
    PaymentClock,
    RecentChange,
    offered,
    status_label,
    status_tone,
)
from schema.enums import shown_enum
from schema.events import Event
from schema.ids import Node
from schema.pages import Connection
from schema.reading import (
    CENTS,
    CODE,
    INSTANT,
    column,
    computed,
    connection,
    json_column,
    part,
    seen_one,
    shows,
    to_many,
    to_one,
)
from schema.scalars import CurrencyCode, Sha256
from schema.structures import BankAccount, Service, Structure

shown_enum(WorksStage, "Moment du marché. When in the contract the file or the piece belongs.")
shown_enum(AmountsMeaning, "Nature des montants. What the amounts of a works document are.")
shown_enum(WorksAction, "Action. What can be done to a piece; see `availableActions`.")
shown_enum(DeductionKind, "Nature de la retenue. Why less is to be paid than was billed.")
shown_enum(Task, "Tâche attendue. What a billing file waits for.", name="WorksTask")
shown_enum(Silence, "Effet du silence. What happens if nobody acts.", name="WorksSilence")
_NEWEST = Words("Plus récentes d'abord", "Newest first")
_LATEST = Words("Dernier changement d'abord", "Latest change first")
shown_enum(
    queries.WorksPieceOrder,
    "Ordre. The order of a list of pieces; ties are broken by the identifier.",
    {
        queries.WorksPieceOrder.NEWEST_FIRST: _NEWEST,
        queries.WorksPieceOrder.OLDEST_FIRST: Words("Plus anciennes d'abord", "Oldest first"),
        queries.WorksPieceOrder.LATEST_CHANGE_FIRST: _LATEST,
    },
)
shown_enum(
    queries.BillingFileOrder,
    "Ordre. The order of a list of billing files; ties are broken by the identifier.",
    {
        queries.BillingFileOrder.LATEST_CHANGE_FIRST: _LATEST,
        queries.BillingFileOrder.NEWEST_FIRST: _NEWEST,
    },
)


@shows(description="Montants. Exact decimals with two digits; null in a draft without them.")
class WorksTotals:
    net: Decimal | None = column("total_net_cents", CENTS, description="Montant HT (BT-109).")
    vat: Decimal | None = column("total_vat_cents", CENTS, description="Montant TVA (BT-110).")
    gross: Decimal | None = column("total_gross_cents", CENTS, description="Montant TTC (BT-112).")
    amount_to_pay: Decimal | None = column(
        "amount_to_pay_cents", CENTS, description="Net à payer. The gross total less deductions."
    )
    previous_net: Decimal | None = column(
        "previous_net_cents",
        CENTS,
        description="Montant HT précédent. What the piece before this one said; null when there is"
        " none.",
    )
    previous_amount_to_pay: Decimal | None = column(
        "previous_to_pay_cents",
        CENTS,
        description="Net à payer précédent. What the piece before this one said.",
    )


@shows(description="Détail de TVA. The net base and the VAT of a piece at one rate (BG-23).")
class WorksVat:
    rate: Decimal = column(description="Taux. In percent.")
    base: Decimal = column(description="Base HT. What the rate applies to.")
    amount: Decimal = column(description="Montant de TVA. The VAT.")


@shows(description="Retenue. An amount taken off the gross total.")
class WorksDeduction:
    kind: DeductionKind = column(description="Nature. Why it is taken off.")
    label: str = column(description="Libellé. In the depositor's words; may be empty.")
    amount: Decimal = column(description="Montant. Without a sign.")


@strawberry.type(
    description="Action possible. Generated from the same table that `worksPieceMove` enforces."
)
class AvailableWorksAction(OfferedAction):
    action: WorksAction = strawberry.field(description="Action. Pass it to `worksPieceMove`.")


@strawberry.type(
    description="Dépôt possible. A piece that one of your structures may deposit behind this one,"
    " with `worksPieceSubmit`."
)
class PossibleDeposit:
    frame: Frame = strawberry.field(description="Cadre. That of the piece to deposit.")

    @strawberry.field(description="Libellé. The published label of the frame.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        words = FRAMES[self.frame].label
        return words.en if locale is Locale.EN else words.fr

    as_party: Party = strawberry.field(
        description="En tant que. The part in which you would deposit; DEPOSITOR for a refused"
        " piece that you do again (`replacesId`)."
    )
    depositor_id: strawberry.ID = strawberry.field(
        description="Déposant. Your structure: pass it as `depositorId`."
    )


_FACT_COLUMNS = {name: INSTANT if name.endswith("_at") else CODE for name in ("status", *FACTS)}


def available_actions(row: Any, viewer: Actor) -> list[AvailableWorksAction]:
    """What the viewer's structures could do to the piece, and what prevents it."""
    return [
        _shown_action(offer.step, rule)
        for offer, rule in queries.PIECES.offers(row, viewer, facts_of(row))
    ]


@lru_cache(maxsize=1024)
def _shown_action(step: Any, rule: str | None) -> AvailableWorksAction:
    action = WorksAction(step.action)
    return AvailableWorksAction(action=action, **offered(step, rule, WORKS_ACTIONS[action]))


def possible_deposits(row: Any, viewer: Actor) -> list[PossibleDeposit]:
    """What the viewer's structures may deposit behind the piece."""
    return [
        PossibleDeposit(
            frame=one.frame, as_party=one.party, depositor_id=strawberry.ID(one.structure_id)
        )
        for one in queries.following(row, viewer)
    ]


def _is_final(row: Any) -> bool:
    facts = facts_of(row)
    return all(
        step.to is None or step.by_deposit or not step.allowed(facts)
        for step in WORKS.from_status(row.status)
    )


def _frame_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    label = FRAMES[Frame(row.frame)].label
    return label.en if locale is Locale.EN else label.fr


def _amounts(row: Any) -> AmountsMeaning | None:
    return FRAMES[Frame(row.frame)].amounts


def _is_corrected(row: Any) -> bool:
    return row.previous_net_cents is not None and (
        row.previous_net_cents != row.total_net_cents
        or row.previous_to_pay_cents != row.amount_to_pay_cents
    )


def _history(viewer: Actor) -> Select:
    return feed.visible_events(viewer)


def _task_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    return TASKS[Task(row.task)].in_(locale.value)


def _silence_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    return SILENCES[Silence(row.silence)].in_(locale.value)


@shows(
    "billing_file_task",
    description="Action attendue. Who must act now, until when, and what happens if nobody does.",
)
class AwaitedTask:
    party: Party = column(description="Partie. The part that must act.")
    structure: Structure = to_one("structure_id", description="Structure. Who plays that part.")
    service: Service | None = to_one(
        "service_id", description="Service. Through which it plays it, if one was named."
    )
    piece_id: strawberry.ID = column(description="Pièce. On which piece it must act.")
    task: Task = column(description="Tâche. What is waited for.")
    task_label: str = computed(_task_label, needs=("task",), description="Libellé. For people.")
    frames: list[Frame] = json_column(
        description="Cadres. The frames that would answer; empty when no deposit is waited for."
    )
    since: datetime = column(description="Depuis. Since when it is waited for.")
    until: datetime | None = column(
        description="Avant. When the platform acts if nobody does; null when it never does."
    )
    silence: Silence = column(description="Effet du silence. What happens then.")
    silence_label: str = computed(
        _silence_label, needs=("silence",), description="Libellé de l'effet. For people."
    )


@shows(
    "works_piece",
    prefix="wpc",
    seen=queries.seen,
    description="Pièce de facturation de travaux. One document of a billing file, from the draft"
    " monthly statement to the general and final statement. Fields that a draft may lack are null"
    " only while the status is BROUILLON or SUPPRIMEE.",
)
class WorksPiece(Node):
    number: str | None = column(description="Numéro. Chosen by the depositor.")
    frame: Frame = column(description="Cadre de facturation. Who deposits, validates and follows.")
    frame_label: str = computed(
        _frame_label, needs=("frame",), description="Libellé du cadre. For people."
    )
    type: str = column(
        description="Type de pièce. Published code, such as PROJET_DECOMPTE_MENSUEL."
    )
    stage: WorksStage = column(description="Moment du marché. In progress, or at its end.")
    amounts_are: AmountsMeaning | None = computed(
        _amounts,
        needs=("frame",),
        description="Nature des montants. Claimed, corrected, admitted, notified or final.",
    )
    status: InvoiceStatus = column(description="Statut. Where the piece stands.")
    status_label: str = computed(
        status_label, needs=("status",), description="Libellé du statut. For people."
    )
    status_tone: StatusTone = computed(
        status_tone, needs=("status",), description="Ton. How the status should look on a screen."
    )
    status_at: datetime = column(description="Statut depuis. When it took its present status.")
    is_final: bool = computed(
        _is_final, needs=_FACT_COLUMNS, description="Terminé. Whether nothing more can come."
    )
    reason: Reason | None = column(description="Motif. The reason of the present status, if any.")
    status_comment: str | None = column(
        description="Commentaire de l'état courant. The words that came with the status."
    )
    version: int = column(
        "event_count",
        description="Version. Pass it as `expectedVersion` to detect a change made meanwhile.",
    )
    created_at: datetime = column(description="Créée le. When the draft or deposit was made.")
    issued_on: date | None = column(description="Date de la pièce (BT-2).")
    deposited_at: datetime | None = column(
        description="Déposée le. When it was submitted; enforceable against the next actors."
    )
    received_at: datetime | None = column(
        description="Reçue le. When the actor that must follow could first do so: its time runs"
        " from there."
    )
    deadline_at: datetime | None = column(
        description="Échéance de l'étape. When the platform acts if nobody does."
    )
    lapsed_at: datetime | None = column(
        description="Délai échu le. When the time of the tacit procedure ran out on this piece."
    )
    contested_at: datetime | None = column(
        description="Contestée le. When the holder disputed the corrected amount."
    )
    currency: CurrencyCode = column(description="Devise. ISO 4217 (BT-5).")
    external_reference: str | None = column(
        description="Référence externe. Your own key, unique per depositor."
    )
    contract_number: str | None = column(description="Numéro de marché (BT-12).")
    commitment_number: str | None = column(description="Numéro d'engagement (BT-13).")
    period_from: date | None = column(description="Début de période. Of the works billed.")
    period_to: date | None = column(description="Fin de période. Of the works billed.")
    comment: str | None = column(
        description="Commentaire. The depositor's words; why an amount was corrected."
    )
    totals: WorksTotals = part(description="Montants. Of this piece, and of the one before it.")
    is_corrected: bool = computed(
        _is_corrected,
        needs=(
            "previous_net_cents",
            "total_net_cents",
            "previous_to_pay_cents",
            "amount_to_pay_cents",
        ),
        description="Montant corrigé. Whether it differs from the piece before it: never a ground"
        " for refusal, both amounts stay visible.",
    )
    vat_breakdown: list[WorksVat] = json_column(description="Détail de la TVA. At most 20 rates.")
    deductions: list[WorksDeduction] = json_column(description="Retenues. At most 20.")
    depositor: Structure = to_one("depositor_id", description="Déposant. Who deposited the piece.")
    holder: Structure | None = to_one(
        "holder_id", description="Titulaire. Or the agent of the group (mandataire)."
    )
    validator: Structure | None = to_one(
        "validator_id",
        description="Valideur. Who validates the request of a sub- or"
        " co-contractor; null in the other frames.",
    )
    project_manager: Structure | None = to_one(
        "project_manager_id", description="Maîtrise d'œuvre (MOE)."
    )
    project_manager_service: Service | None = to_one(
        "project_manager_service_id", description="Service de la maîtrise d'œuvre."
    )
    contracting_authority: Structure | None = to_one(
        "contracting_authority_id", description="Maîtrise d'ouvrage (MOA)."
    )
    contracting_authority_service: Service | None = to_one(
        "contracting_authority_service_id", description="Service de la maîtrise d'ouvrage."
    )
    recipient: Structure | None = to_one(
        "recipient_id",
        description="Service financier. Who pays; null until the piece is one that is paid.",
    )
    recipient_service: Service | None = to_one(
        "recipient_service_id", description="Service exécutant. The address inside the payer."
    )
    bank_account: BankAccount | None = to_one(
        "bank_account_id", description="Références bancaires. Where to pay (BT-84)."
    )
    attached: Connection[WorksPiece] = connection(
        "attached_to_id",
        queries.of_a_file,
        description="Demandes jointes. The requests of subcontractors that this piece carries to"
        " payment, among those that you may see.",
    )
    next: Connection[WorksPiece] = connection(
        "previous_id",
        queries.of_a_file,
        description="Pièces suivantes. What followed it; more than one when a refused piece was"
        " done again.",
    )
    awaited: list[AwaitedTask] = to_many(
        "piece_id",
        order=("position",),
        description="Actions attendues. Who must act on this piece now, until when, and what"
        " happens otherwise; at most 5.",
    )
    payment_clock: PaymentClock = part(
        description="Délai de paiement. Of a piece that is paid; a monthly request counts from the"
        " reception of its first draft downstream."
    )
    payment_order_number: str | None = column(
        description="Numéro de mandat. Or of the payment request, at the payer's."
    )
    receipt_number: str | None = column(
        description="Justificatif de dépôt. The number of the proof of deposit."
    )
    receipt_sha256: Sha256 | None = column(
        description="Empreinte du dépôt. Of the piece exactly as deposited."
    )
    acknowledged_at: datetime | None = column(
        description="Acquittée le. When the depositor took note of the refusal or suspension."
    )
    rejection_handled_at: datetime | None = column(
        description="Refus traité le. When the depositor dealt with the refusal."
    )
    recent_changes: list[RecentChange] = json_column(
        description="Derniers changements. At most three, newest last; see `history` for all."
    )
    available_actions: list[AvailableWorksAction] = computed(
        available_actions,
        needs={**_FACT_COLUMNS, **dict.fromkeys(queries.PIECES.named(), CODE)},
        description="Actions possibles. What your structures may do now, and why not; at most 20.",
    )
    possible_deposits: list[PossibleDeposit] = computed(
        possible_deposits,
        needs={name: INSTANT if name.endswith("_at") else CODE for name in queries.NEXT_COLUMNS},
        description="Dépôts possibles. What your structures may deposit behind this piece now; at"
        " most 5.",
    )
    history: Connection[Event] = connection(
        "subject_id",
        _history,
        description="Historique. The events of this piece that you may see, oldest first.",
    )

    previous: WorksPiece | None = seen_one(
        "previous_id",
        description="Pièce précédente. What it follows; null when it opened the file, or when you"
        " may not see it.",
    )
    attached_to: WorksPiece | None = seen_one(
        "attached_to_id",
        description="Jointe à. The holder's piece that carries this request to payment; null when"
        " none does yet, or when you may not see it.",
    )
    replaces: WorksPiece | None = seen_one(
        "replaces_id",
        description="Refait. The refused piece that this one does again; null when there is none.",
    )
    contract: Contract | None = seen_one(
        "contract_id",
        description="Marché. The contract in force that the piece bills; null when none is known,"
        " or when you may not see it.",
    )
    file: BillingFile | None = seen_one(
        "file_id",
        description="Dossier. Null for a draft, for a subcontractor's request until the holder's"
        " piece carries it, and for whoever sees its own piece only.",
    )


def _is_over(row: Any) -> bool:
    return row.ended_at is not None


@shows(
    "billing_file",
    prefix="bfl",
    seen=queries.files_seen,
    description="Dossier de facturation. The pieces of one monthly or final request of a public"
    " works contract, passed between the holder, the project manager, the contracting authority"
    " and the finance service. The first three see it whole; a subcontractor, a co-contractor and"
    " the finance service see their own pieces, without the file.",
)
class BillingFile(Node):
    stage: WorksStage = column(description="Moment du marché. In progress, or at its end.")
    contract_number: str | None = column(description="Numéro de marché (BT-12).")
    commitment_number: str | None = column(description="Numéro d'engagement (BT-13).")
    period_from: date | None = column(description="Début de période. Of the works billed.")
    period_to: date | None = column(description="Fin de période. Of the works billed.")
    contract: Contract | None = seen_one(
        "contract_id",
        description="Marché. The contract in force that the file bills; null when none is known,"
        " or when you may not see it.",
    )
    holder: Structure | None = to_one(
        "holder_id", description="Titulaire. Or the agent of the group (mandataire)."
    )
    project_manager: Structure | None = to_one(
        "project_manager_id", description="Maîtrise d'œuvre (MOE)."
    )
    contracting_authority: Structure | None = to_one(
        "contracting_authority_id", description="Maîtrise d'ouvrage (MOA)."
    )
    finance: Structure | None = to_one(
        "finance_id", description="Service financier. Null until a piece names it."
    )
    version: int = column("event_count", description="Version. Grows with each event of the file.")
    created_at: datetime = column(description="Ouvert le. When its first piece was deposited.")
    updated_at: datetime = column(description="Modifié le. When one of its pieces last changed.")
    ended_at: datetime | None = column(
        description="Terminé le. When nothing was waited for any more."
    )
    is_over: bool = computed(
        _is_over, needs=("ended_at",), description="Terminé. Whether nothing is waited for."
    )
    awaited: list[AwaitedTask] = to_many(
        "file_id",
        order=("position",),
        description="Actions attendues. Who must act now, until when, and what happens otherwise;"
        " at most 20.",
    )
    expected_frames: list[Frame] = json_column(
        description="Cadres à venir. The pieces still to come by the ordinary way, in order."
    )
    pieces: Connection[WorksPiece] = connection(
        "file_id",
        queries.of_a_file,
        description="Pièces. Those that you may see, in the order of their deposit.",
    )
    history: Connection[Event] = connection(
        "subject_id",
        _history,
        description="Historique. The events of this file that you may see, oldest first.",
    )
