"""What the recipient does with a payment request until it is paid, for every kind of request.

The "simple life cycle" of the State's portal. The portal imposes no order on the recipient's
statuses; here they only go forward and may be skipped, unless the structure asks for a free order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

from domain.lifecycle import Condition, Need, Party, Step, when
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.words import Words


class PaymentAction(StrEnum):
    """The verbs that every payment request knows."""

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
    ACKNOWLEDGE = "ACKNOWLEDGE"
    HANDLE_REJECTION = "HANDLE_REJECTION"


A = PaymentAction

# fmt: off
PAYMENT_ACTIONS: Mapping[str, Words] = {
    A.TAKE_INTO_ACCOUNT:  Words("Prendre en compte", "Take into account"),
    A.CERTIFY_SERVICE:    Words("Certifier le service fait", "Certify the delivery"),
    A.ORDER_PAYMENT:      Words("Mandater", "Order the payment"),
    A.PASS_TO_ACCOUNTANT: Words("Mettre à disposition du comptable", "Pass to the accountant"),
    A.BOOK:               Words("Comptabiliser", "Book"),
    A.PAY:                Words("Mettre en paiement", "Pay"),
    A.SUSPEND:            Words("Suspendre", "Suspend"),
    A.LIFT_SUSPENSION:    Words("Lever la suspension", "Lift the suspension"),
    A.COMPLETE:           Words("Compléter", "Complete"),
    A.REJECT:             Words("Rejeter", "Reject"),
    A.ACKNOWLEDGE:        Words("Acquitter", "Acknowledge"),
    A.HANDLE_REJECTION:   Words("Marquer le rejet comme traité", "Mark the rejection as handled"),
}
# fmt: on

# The recipient's statuses in their forward order.
PROGRESS: tuple[tuple[PaymentAction, S], ...] = (
    (A.TAKE_INTO_ACCOUNT, S.PRISE_EN_COMPTE_DESTINATAIRE),
    (A.CERTIFY_SERVICE, S.SERVICE_FAIT),
    (A.ORDER_PAYMENT, S.MANDATEE),
    (A.PASS_TO_ACCOUNTANT, S.MISE_A_DISPOSITION_COMPTABLE),
    (A.BOOK, S.COMPTABILISEE),
    (A.PAY, S.MISE_EN_PAIEMENT),
)
_BEFORE_ALL = (S.MISE_A_DISPOSITION, S.COMPLETEE)


def _ranked(without: Collection[PaymentAction] = ()) -> tuple[S, ...]:
    return tuple(status for action, status in PROGRESS if action not in without)


def in_hand(without: Collection[PaymentAction] = ()) -> frozenset[str]:
    """Where the recipient has the request in hand and has not paid it.

    `without` are the steps that the kind of request does not have.
    """
    return when(*_BEFORE_ALL, *_ranked(without)[:-1])


IN_HAND = in_hand()
# Where the request is not its recipient's yet, or never will be.
BEFORE_DEPOSIT = when(
    S.BROUILLON,
    S.SUPPRIMEE,
    S.A_VALIDER_1,
    S.VALIDEE_1,
    S.REFUSEE_1,
    S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
    S.ABSENCE_VALIDATION_1_HORS_DELAI,
    S.A_VALIDER_2,
    S.VALIDEE_2,
    S.REFUSEE_2,
    S.ERREUR_COTRAITANT_SUR_VALIDEUR,
    S.ABSENCE_VALIDATION_2_HORS_DELAI,
    S.ABANDONNEE,
)
REFUSED_FOR_GOOD = when(S.REJETEE, S.REFUSEE_1, S.REFUSEE_2)
# What the supplier must take note of.
TO_ACKNOWLEDGE = REFUSED_FOR_GOOD | when(S.SUSPENDUE, S.A_RECYCLER)


class PaymentFacts(Protocol):
    """What the conditions of these steps look at."""

    @property
    def free_status_order(self) -> bool: ...

    @property
    def payment_reported(self) -> bool: ...

    @property
    def acknowledged(self) -> bool: ...

    @property
    def rejection_handled(self) -> bool: ...


F = TypeVar("F", bound=PaymentFacts)


def progress(recipient: Party, without: Collection[PaymentAction] = ()) -> tuple[Step[F], ...]:
    """The recipient's progress: forward, steps may be skipped; back where the order is free."""
    free_order = Condition[F]("BDR-LIF-010", lambda f: f.free_status_order)
    payment_told = Condition[F]("BDR-LIF-011", lambda f: f.payment_reported)
    ranked = _ranked(without)
    return (
        *(
            Step(
                action,
                when(*_BEFORE_ALL, *ranked[: ranked.index(status)]),
                status,
                by=recipient,
                only_if=payment_told if action is A.PAY else None,
            )
            for action, status in PROGRESS
            if status in ranked
        ),
        *(
            Step(
                action,
                when(*ranked[ranked.index(status) + 1 : -1]),
                status,
                by=recipient,
                only_if=free_order,
            )
            for action, status in PROGRESS[:-2]
            if status in ranked
        ),
    )


def interruptions(
    supplier: Party, recipient: Party, without: Collection[PaymentAction] = ()
) -> tuple[Step[F], ...]:
    """Suspended and completed, rejected."""
    held = in_hand(without)
    # fmt: off
    return (
        Step(A.SUSPEND,         held,              S.SUSPENDUE,          by=recipient, needs=Need.REASON),
        Step(A.COMPLETE,        when(S.SUSPENDUE), S.COMPLETEE,          by=supplier,  needs=Need.PIECE_OR_COMMENT),
        Step(A.LIFT_SUSPENSION, when(S.SUSPENDUE), S.MISE_A_DISPOSITION, by=recipient),
        Step(A.REJECT, held | when(S.SUSPENDUE),   S.REJETEE,            by=recipient, needs=Need.REASON),
    )
    # fmt: on


def confirmations(
    supplier: Party,
    kind: str,
    refused: frozenset[str] = REFUSED_FOR_GOOD,
    sent_back: frozenset[str] = TO_ACKNOWLEDGE - REFUSED_FOR_GOOD,
) -> tuple[Step[F], ...]:
    """What the supplier confirms without changing the status.

    `refused` are the ends to handle; what was `sent_back` is only taken note of.
    """
    unacknowledged = Condition[F]("BDR-LIF-013", lambda f: not f.acknowledged)
    unhandled = Condition[F]("BDR-LIF-014", lambda f: not f.rejection_handled)
    # fmt: off
    return (
        Step(A.ACKNOWLEDGE, refused | sent_back, None, by=supplier,
             only_if=unacknowledged, event=f"{kind}.acknowledged"),
        Step(A.HANDLE_REJECTION, refused, None, by=supplier,
             only_if=unhandled, event=f"{kind}.rejection_handled"),
    )
    # fmt: on
