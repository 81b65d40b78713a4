"""What can happen to an invoice or a credit note in frames A1, A2, A9 and A12.

Sources: the sequence printed in the customer's kit (deposited, routed, made available, booked,
paid, rejected with a reason) and the public description of the State's portal. The portal
imposes no order on the recipient's statuses; `domain/payments/steps.py` says what is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.access import Permission
from domain.lifecycle import Condition, Lifecycle, Need, Party, Step, when
from domain.payments.steps import (
    BEFORE_DEPOSIT,
    IN_HAND,
    confirmations,
    interruptions,
    progress,
)
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

# fmt: off
may_retransmit  = Condition[Facts]("BDR-LIF-012", lambda f: f.retransmission_allowed)
second_validator = Condition[Facts]("BDR-LIF-015", lambda f: f.has_second_validator)
one_validator   = Condition[Facts]("BDR-LIF-016", lambda f: not f.has_second_validator)
subcontracting  = Condition[Facts]("BDR-LIF-017", lambda f: f.frame == "A9")
validated_frame = Condition[Facts]("BDR-LIF-018", lambda f: f.frame in ("A9", "A12"))
direct_frame    = Condition[Facts]("BDR-LIF-019", lambda f: f.frame in ("A1", "A2"))


def _tacit(facts: Facts) -> int | None:
    return facts.tacit_days


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

    # In the recipient's hands
    *progress(_RECIPIENT),

    # Interruptions
    *interruptions(_SUPPLIER, _RECIPIENT),
    Step(A.ASK_RETRANSMISSION, IN_HAND | when(S.SUSPENDUE), S.A_RECYCLER, by=_RECIPIENT, needs=Need.REASON, only_if=may_retransmit),
    Step(A.RETRANSMIT, when(S.A_RECYCLER), S.DEPOSEE,          by=_SUPPLIER,  needs=Need.ROUTING),

    # What the supplier confirms without changing the status
    *confirmations(_SUPPLIER, "invoice"),
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
    hidden={_RECIPIENT: BEFORE_DEPOSIT, _VALIDATOR_1: _DRAFT,
            # The second validator comes in when the first has answered.
            _VALIDATOR_2: _DRAFT | when(S.A_VALIDER_1, S.VALIDEE_1, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
                                        S.ABSENCE_VALIDATION_1_HORS_DELAI)},
)
# fmt: on
