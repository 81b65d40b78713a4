"""What can happen to an invoice or a credit note in frames A1, A2, A9 and A12.

Sources: the sequence printed in the customer's kit (deposited, routed, made available, booked,
paid, rejected with a reason) and the public description of the State's portal. The portal
imposes no order on the recipient's statuses; here they only go forward and may be skipped,
unless the structure asks for a free order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.access import Permission
from domain.lifecycle import Condition, Lifecycle, Need, Party, Step, when
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S


class InvoiceAction(StrEnum):
    """The verbs of an invoice."""

    SUBMIT = "SUBMIT"
    DELETE_DRAFT = "DELETE_DRAFT"
    ROUTE = "ROUTE"
    DELIVER = "DELIVER"
    TAKE_INTO_ACCOUNT = "TAKE_INTO_ACCOUNT"
    CERTIFY_SERVICE = "CERTIFY_SERVICE"
    ORDER_PAYMENT = "ORDER_PAYMENT"
    PASS_TO_ACCOUNTANT = "PASS_TO_ACCOUNTANT"  # noqa: S105 - a verb
    BOOK = "BOOK"
    PAY = "PAY"
    SUSPEND = "SUSPEND"
    LIFT_SUSPENSION = "LIFT_SUSPENSION"
    COMPLETE = "COMPLETE"
    REJECT = "REJECT"
    ASK_RETRANSMISSION = "ASK_RETRANSMISSION"
    RETRANSMIT = "RETRANSMIT"
    WITHDRAW = "WITHDRAW"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    HANDLE_REJECTION = "HANDLE_REJECTION"
    VALIDATE = "VALIDATE"
    REFUSE = "REFUSE"
    REPORT_WRONG_VALIDATOR = "REPORT_WRONG_VALIDATOR"
    CORRECT_VALIDATOR = "CORRECT_VALIDATOR"
    LAPSE = "LAPSE"
    SEND_ON = "SEND_ON"
    DEPOSIT = "DEPOSIT"


A = InvoiceAction


@dataclass(frozen=True)
class InvoiceFacts:
    """What the table's conditions look at. `tacit_days` is None where silence never agrees."""

    frame: str
    has_second_validator: bool
    free_status_order: bool
    payment_reported: bool
    retransmission_allowed: bool
    acknowledged: bool
    rejection_handled: bool
    tacit_days: int | None


Facts = InvoiceFacts

# The recipient's statuses in their forward order.
PROGRESS: tuple[tuple[InvoiceAction, S], ...] = (
    (A.TAKE_INTO_ACCOUNT, S.PRISE_EN_COMPTE_DESTINATAIRE),
    (A.CERTIFY_SERVICE, S.SERVICE_FAIT),
    (A.ORDER_PAYMENT, S.MANDATEE),
    (A.PASS_TO_ACCOUNTANT, S.MISE_A_DISPOSITION_COMPTABLE),
    (A.BOOK, S.COMPTABILISEE),
    (A.PAY, S.MISE_EN_PAIEMENT),
)
_RANKED = tuple(status for _, status in PROGRESS)
_BEFORE_ALL = (S.MISE_A_DISPOSITION, S.COMPLETEE)
# Where the recipient has the invoice in hand and has not paid it.
IN_HAND = when(*_BEFORE_ALL, *_RANKED[:-1])
REFUSED_FOR_GOOD = when(S.REJETEE, S.REFUSEE_1, S.REFUSEE_2)


def _earlier(status: S) -> frozenset[str]:
    return when(*_BEFORE_ALL, *_RANKED[: _RANKED.index(status)])


def _later(status: S) -> frozenset[str]:
    return when(*_RANKED[_RANKED.index(status) + 1 : -1])


# fmt: off
free_order      = Condition[Facts]("BDR-LIF-010", lambda f: f.free_status_order)
payment_told    = Condition[Facts]("BDR-LIF-011", lambda f: f.payment_reported)
may_retransmit  = Condition[Facts]("BDR-LIF-012", lambda f: f.retransmission_allowed)
unacknowledged  = Condition[Facts]("BDR-LIF-013", lambda f: not f.acknowledged)
unhandled       = Condition[Facts]("BDR-LIF-014", lambda f: not f.rejection_handled)
second_validator = Condition[Facts]("BDR-LIF-015", lambda f: f.has_second_validator)
one_validator   = Condition[Facts]("BDR-LIF-016", lambda f: not f.has_second_validator)
subcontracting  = Condition[Facts]("BDR-LIF-017", lambda f: f.frame == "A9")
validated_frame = Condition[Facts]("BDR-LIF-018", lambda f: f.frame in ("A9", "A12"))
direct_frame    = Condition[Facts]("BDR-LIF-019", lambda f: f.frame in ("A1", "A2"))


def _tacit(facts: Facts) -> int | None:
    return facts.tacit_days


_forward = tuple(
    Step(action, _earlier(status), status, by=Party.RECIPIENT,
         only_if=payment_told if action is A.PAY else None)
    for action, status in PROGRESS
)
_backward = tuple(
    Step(action, _later(status), status, by=Party.RECIPIENT, only_if=free_order)
    for action, status in PROGRESS[:-2]
)

_SUPPLIER, _RECIPIENT, _SYSTEM = Party.SUPPLIER, Party.RECIPIENT, Party.SYSTEM
_VALIDATOR_1, _VALIDATOR_2 = Party.VALIDATOR_1, Party.VALIDATOR_2

STEPS: tuple[Step[Facts], ...] = (
    # The draft
    Step(A.SUBMIT,       when(S.BROUILLON), S.DEPOSEE,     by=_SUPPLIER, only_if=direct_frame,    event="invoice.submitted"),
    Step(A.SUBMIT,       when(S.BROUILLON), S.A_VALIDER_1, by=_SUPPLIER, only_if=validated_frame, event="invoice.submitted"),
    Step(A.DELETE_DRAFT, when(S.BROUILLON), S.SUPPRIMEE,   by=_SUPPLIER),

    # Validation (A9: subcontractor with direct payment; A12: co-contractor)
    Step(A.VALIDATE, when(S.A_VALIDER_1), S.VALIDEE_1,                       by=_VALIDATOR_1),
    Step(A.REFUSE,   when(S.A_VALIDER_1), S.REFUSEE_1,                       by=_VALIDATOR_1, needs=Need.REASON),
    Step(A.REPORT_WRONG_VALIDATOR, when(S.A_VALIDER_1), S.ERREUR_FOURNISSEUR_SUR_VALIDEUR, by=_VALIDATOR_1, reason=Reason.ERR_VALIDEUR),
    Step(A.CORRECT_VALIDATOR, when(S.ERREUR_FOURNISSEUR_SUR_VALIDEUR), S.A_VALIDER_1, by=_SUPPLIER, needs=Need.VALIDATOR),
    Step(A.LAPSE,    when(S.A_VALIDER_1), S.ABSENCE_VALIDATION_1_HORS_DELAI, by=_SYSTEM, after=_tacit),
    Step(A.SEND_ON,  when(S.VALIDEE_1, S.ABSENCE_VALIDATION_1_HORS_DELAI), S.A_VALIDER_2, by=_SYSTEM, only_if=second_validator),
    Step(A.DEPOSIT,  when(S.VALIDEE_1, S.ABSENCE_VALIDATION_1_HORS_DELAI), S.DEPOSEE,     by=_SYSTEM, only_if=one_validator),
    Step(A.VALIDATE, when(S.A_VALIDER_2), S.VALIDEE_2,                       by=_VALIDATOR_2),
    Step(A.REFUSE,   when(S.A_VALIDER_2), S.REFUSEE_2,                       by=_VALIDATOR_2, needs=Need.REASON),
    Step(A.REPORT_WRONG_VALIDATOR, when(S.A_VALIDER_2), S.ERREUR_COTRAITANT_SUR_VALIDEUR, by=_VALIDATOR_2, reason=Reason.ERR_VALIDEUR),
    Step(A.CORRECT_VALIDATOR, when(S.ERREUR_COTRAITANT_SUR_VALIDEUR), S.A_VALIDER_2, by=_VALIDATOR_1, needs=Need.VALIDATOR),
    Step(A.LAPSE,    when(S.A_VALIDER_2), S.ABSENCE_VALIDATION_2_HORS_DELAI, by=_SYSTEM, after=_tacit),
    Step(A.DEPOSIT,  when(S.VALIDEE_2, S.ABSENCE_VALIDATION_2_HORS_DELAI), S.DEPOSEE,     by=_SYSTEM),
    # A refused direct-payment request reaches the buyer all the same, marked as refused.
    Step(A.DEPOSIT,  when(S.REFUSEE_1, S.REFUSEE_2), S.DEPOSEE,              by=_SYSTEM, only_if=subcontracting),
    Step(A.WITHDRAW, when(S.A_VALIDER_1, S.A_VALIDER_2, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
                          S.ERREUR_COTRAITANT_SUR_VALIDEUR), S.ABANDONNEE, by=_SUPPLIER),

    # Routing, at once
    Step(A.ROUTE,    when(S.DEPOSEE),               S.EN_COURS_ACHEMINEMENT, by=_SYSTEM),
    Step(A.DELIVER,  when(S.EN_COURS_ACHEMINEMENT), S.MISE_A_DISPOSITION,    by=_SYSTEM),

    # The recipient's progress: forward, steps may be skipped
    *_forward,
    *_backward,

    # Interruptions
    Step(A.SUSPEND,  IN_HAND,            S.SUSPENDUE,          by=_RECIPIENT, needs=Need.REASON),
    Step(A.COMPLETE, when(S.SUSPENDUE),  S.COMPLETEE,          by=_SUPPLIER,  needs=Need.PIECE_OR_COMMENT),
    Step(A.LIFT_SUSPENSION, when(S.SUSPENDUE), S.MISE_A_DISPOSITION, by=_RECIPIENT),
    Step(A.REJECT,   IN_HAND | when(S.SUSPENDUE), S.REJETEE,   by=_RECIPIENT, needs=Need.REASON),
    Step(A.ASK_RETRANSMISSION, IN_HAND | when(S.SUSPENDUE), S.A_RECYCLER, by=_RECIPIENT, needs=Need.REASON, only_if=may_retransmit),
    Step(A.RETRANSMIT, when(S.A_RECYCLER), S.DEPOSEE,          by=_SUPPLIER,  needs=Need.ROUTING),

    # What the supplier confirms without changing the status
    Step(A.ACKNOWLEDGE,      REFUSED_FOR_GOOD | when(S.SUSPENDUE, S.A_RECYCLER), None, by=_SUPPLIER, only_if=unacknowledged, event="invoice.acknowledged"),
    Step(A.HANDLE_REJECTION, REFUSED_FOR_GOOD, None, by=_SUPPLIER, only_if=unhandled, event="invoice.rejection_handled"),
)

_BEFORE_DEPOSIT = when(
    S.BROUILLON, S.SUPPRIMEE, S.A_VALIDER_1, S.VALIDEE_1, S.REFUSEE_1, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
    S.ABSENCE_VALIDATION_1_HORS_DELAI, S.A_VALIDER_2, S.VALIDEE_2, S.REFUSEE_2,
    S.ERREUR_COTRAITANT_SUR_VALIDEUR, S.ABSENCE_VALIDATION_2_HORS_DELAI, S.ABANDONNEE,
)
_DRAFT = when(S.BROUILLON, S.SUPPRIMEE)

INVOICE: Lifecycle[Facts] = Lifecycle(
    kind="invoice",
    initial=(S.BROUILLON, S.DEPOSEE, S.A_VALIDER_1),
    steps=STEPS,
    needs={_SUPPLIER: Permission.ISSUE, _RECIPIENT: Permission.PROCESS,
           _VALIDATOR_1: Permission.VALIDATE, _VALIDATOR_2: Permission.VALIDATE},
    sees={_SUPPLIER: Permission.READ_ISSUED, _RECIPIENT: Permission.READ_RECEIVED,
          _VALIDATOR_1: Permission.READ_TO_VALIDATE, _VALIDATOR_2: Permission.READ_TO_VALIDATE},
    hidden={_RECIPIENT: _BEFORE_DEPOSIT, _VALIDATOR_1: _DRAFT,
            # The second validator comes in when the first has answered.
            _VALIDATOR_2: _DRAFT | when(S.A_VALIDER_1, S.VALIDEE_1, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
                                        S.ABSENCE_VALIDATION_1_HORS_DELAI)},
)
# fmt: on
