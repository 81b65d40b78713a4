"""What can happen to a claim: a payment request that a service of its recipient validates first.

Memos of court costs (frame A3) and refund requests (A21) are claims. No source publishes their
statuses: these are those of an invoice with a validator, then the simple life cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.access import Permission
from domain.lifecycle import Lifecycle, Need, Party, Step, when
from domain.lifecycles import Variant
from domain.payments.steps import (
    BEFORE_DEPOSIT,
    PAYMENT_ACTIONS,
    PaymentAction,
    confirmations,
    interruptions,
    progress,
)
from domain.policy import Policy
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.words import Words


class ClaimAction(StrEnum):
    """The verbs of a claim."""

    SUBMIT = "SUBMIT"
    DELETE_DRAFT = "DELETE_DRAFT"
    VALIDATE = "VALIDATE"
    REFUSE = "REFUSE"
    WITHDRAW = "WITHDRAW"
    DEPOSIT = "DEPOSIT"
    ROUTE = "ROUTE"
    DELIVER = "DELIVER"
    TAKE_INTO_ACCOUNT = "TAKE_INTO_ACCOUNT"
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


A = ClaimAction
# The validation stands for the certified delivery.
WITHOUT = frozenset({PaymentAction.CERTIFY_SERVICE})

# fmt: off
CLAIM_ACTIONS: Mapping[A, Words] = {
    A.SUBMIT:       Words("Valider et envoyer", "Submit"),
    A.DELETE_DRAFT: Words("Supprimer le brouillon", "Delete the draft"),
    A.VALIDATE:     Words("Valider", "Validate"),
    A.REFUSE:       Words("Refuser", "Refuse"),
    A.WITHDRAW:     Words("Abandonner", "Withdraw"),
    A.DEPOSIT:      Words("Déposer", "Deposit"),
    A.ROUTE:        Words("Acheminer", "Route"),
    A.DELIVER:      Words("Mettre à disposition", "Make available"),
    **{A(action): words for action, words in PAYMENT_ACTIONS.items() if action not in WITHOUT},
}
# fmt: on


@dataclass(frozen=True)
class ClaimFacts:
    """What the table's conditions look at."""

    free_status_order: bool
    payment_reported: bool
    acknowledged: bool
    rejection_handled: bool


_SUPPLIER, _RECIPIENT, _VALIDATOR = Party.SUPPLIER, Party.RECIPIENT, Party.VALIDATOR_1
_SYSTEM = Party.SYSTEM


def claim_lifecycle(kind: str, sees: Permission, needs: Permission) -> Lifecycle[ClaimFacts]:
    """The table of one kind of claim. Every part in it takes the same rights on its structure."""
    # fmt: off
    steps: tuple[Step[ClaimFacts], ...] = (
        Step(A.SUBMIT,       when(S.BROUILLON),   S.A_VALIDER_1, by=_SUPPLIER, event=f"{kind}.submitted"),
        Step(A.DELETE_DRAFT, when(S.BROUILLON),   S.SUPPRIMEE,   by=_SUPPLIER),
        Step(A.VALIDATE,     when(S.A_VALIDER_1), S.VALIDEE_1,   by=_VALIDATOR),
        Step(A.REFUSE,       when(S.A_VALIDER_1), S.REFUSEE_1,   by=_VALIDATOR, needs=Need.REASON),
        Step(A.WITHDRAW,     when(S.A_VALIDER_1), S.ABANDONNEE,  by=_SUPPLIER),
        Step(A.DEPOSIT,      when(S.VALIDEE_1),   S.DEPOSEE,     by=_SYSTEM),
        Step(A.ROUTE,        when(S.DEPOSEE),     S.EN_COURS_ACHEMINEMENT, by=_SYSTEM),
        Step(A.DELIVER,      when(S.EN_COURS_ACHEMINEMENT), S.MISE_A_DISPOSITION, by=_SYSTEM),
        *progress(_RECIPIENT, WITHOUT),
        *interruptions(_SUPPLIER, _RECIPIENT, WITHOUT),
        *confirmations(_SUPPLIER, kind, when(S.REJETEE, S.REFUSEE_1), when(S.SUSPENDUE)),
    )
    # fmt: on
    parties = (_SUPPLIER, _RECIPIENT, _VALIDATOR)
    return Lifecycle(
        kind=kind,
        initial=(S.BROUILLON, S.A_VALIDER_1),
        steps=steps,
        needs=dict.fromkeys(parties, needs),
        sees=dict.fromkeys(parties, sees),
        hidden={_RECIPIENT: BEFORE_DEPOSIT, _VALIDATOR: when(S.BROUILLON, S.SUPPRIMEE)},
    )


def claim_variants(frame: Frame, words: Words) -> tuple[Variant, ...]:
    """The one life that claims of a frame have."""

    def facts(_: Policy) -> tuple[ClaimFacts, ...]:
        marks = {"acknowledged": False, "rejection_handled": False}
        return (ClaimFacts(free_status_order=False, payment_reported=True, **marks),)

    return (Variant("VALIDATED", words, (frame,), facts),)
