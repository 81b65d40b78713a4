"""What can happen to a piece of a works billing file, in every works frame.

Sources: the associations, delays and refusals of public works contracts (CCAG-Travaux) as the
State's portal plays them. An amount is never a ground for refusal: the next actor corrects it in
its own piece. A refusal stops the file, and the refused piece is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.access import Permission
from domain.lifecycle import Condition, Lifecycle, Need, Party, Step, when
from domain.payments.steps import confirmations, interruptions, progress
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.works import circuits


class WorksAction(StrEnum):
    """The verbs of a piece of a works billing file."""

    SUBMIT = "SUBMIT"
    DELETE_DRAFT = "DELETE_DRAFT"
    VALIDATE = "VALIDATE"
    REFUSE = "REFUSE"
    REPORT_WRONG_VALIDATOR = "REPORT_WRONG_VALIDATOR"
    CORRECT_VALIDATOR = "CORRECT_VALIDATOR"
    WITHDRAW = "WITHDRAW"
    LAPSE = "LAPSE"
    SEND_ON = "SEND_ON"
    ATTACH = "ATTACH"
    TAKE_UP = "TAKE_UP"
    WARN = "WARN"
    FOLLOW = "FOLLOW"
    ASK_COMPLETION = "ASK_COMPLETION"
    ASK_REROUTING = "ASK_REROUTING"
    REROUTE = "REROUTE"
    REPORT_WRONG_PARTY = "REPORT_WRONG_PARTY"
    CORRECT_PARTY = "CORRECT_PARTY"
    REPLACE = "REPLACE"
    REDO = "REDO"
    OPEN_TACIT = "OPEN_TACIT"
    BECOME_FINAL = "BECOME_FINAL"
    DEEM_ACCEPTED = "DEEM_ACCEPTED"
    CONTEST = "CONTEST"
    SEND_BACK = "SEND_BACK"
    RETURN = "RETURN"
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


A = WorksAction


@dataclass(frozen=True)
class WorksFacts:
    """What the table's conditions look at. A delay is None where silence changes nothing.

    `received_at`: when the party that must follow could first do so. `is_answered`: what was
    waited for came. `is_lapsed`: the time for it ran out and was told. `is_initial`: the piece
    opened its file, so that its depositor named the parties. `has_authority`: a contracting
    authority is known, to which the finance service may send a piece back.
    """

    frame: str
    received_at: datetime | None
    is_initial: bool
    has_authority: bool
    is_answered: bool
    is_lapsed: bool
    is_contestable: bool
    tacit_days: int | None
    project_manager_days: int | None
    general_statement_days: int | None
    tacit_answer_days: int | None
    signature_days: int | None
    free_status_order: bool
    payment_reported: bool
    acknowledged: bool
    rejection_handled: bool


Facts = WorksFacts
_DEPOSITOR, _HOLDER, _VALIDATOR = Party.DEPOSITOR, Party.HOLDER, Party.VALIDATOR_1
_MOE, _MOA, _FINANCE = Party.PROJECT_MANAGER, Party.CONTRACTING_AUTHORITY, Party.RECIPIENT
_SYSTEM = Party.SYSTEM


def _awaits(party: Party, rule: str) -> Condition[Facts]:
    """The piece waits for that party, once validated where it must be."""
    return Condition(rule, lambda f: circuits.awaits(f.frame) is party)


def _at_once(party: Party) -> Condition[Facts]:
    return Condition(
        "BDR-WRK-041",
        lambda f: not circuits.is_validated(f.frame) and circuits.awaits(f.frame) is party,
    )


def _named_wrong(
    party: Party, depositor: Party | None, *, initial: bool | None
) -> Condition[Facts]:
    """The party that waits was named by that depositor, in this piece or in an earlier one."""

    def holds(f: Facts) -> bool:
        named_by = circuits.deposited_as(f.frame)
        by_supplier = depositor is None and circuits.by_supplier(f.frame)
        return (
            circuits.awaits(f.frame) is party
            and (by_supplier or (depositor is not None and named_by is depositor))
            and initial in (None, f.is_initial)
        )

    return Condition("BDR-WRK-042", holds)


# fmt: off
validated      = Condition[Facts]("BDR-WRK-040", lambda f: circuits.is_validated(f.frame))
goes_on        = Condition[Facts]("BDR-WRK-043", lambda f: circuits.is_validated(f.frame) and not circuits.row(f.frame).joins)
joins          = Condition[Facts]("BDR-WRK-044", lambda f: circuits.row(f.frame).joins)
for_moe        = _awaits(_MOE, "BDR-WRK-045")
for_moa        = _awaits(_MOA, "BDR-WRK-045")
for_holder     = Condition[Facts]("BDR-WRK-045", lambda f: circuits.is_general_statement(f.frame))
for_finance    = _awaits(_FINANCE, "BDR-WRK-045")
monthly        = Condition[Facts]("BDR-WRK-046", lambda f: circuits.is_monthly_draft(f.frame))
tacit_may_open = Condition[Facts]("BDR-WRK-047", lambda f: circuits.opens_tacit_procedure(f.frame) and not f.is_answered and not f.is_lapsed)
replaceable    = Condition[Facts]("BDR-WRK-047", lambda f: circuits.row(f.frame).stage == "END" and not circuits.is_general_statement(f.frame))
may_become_final = Condition[Facts]("BDR-WRK-047", lambda f: circuits.is_tacit(f.frame) and not f.is_answered and not f.is_lapsed)
unsigned       = Condition[Facts]("BDR-WRK-045", lambda f: circuits.is_general_statement(f.frame) and not f.is_lapsed)
has_authority  = Condition[Facts]("BDR-WRK-052", lambda f: f.has_authority)
contestable    = Condition[Facts]("BDR-WRK-048", lambda f: f.is_contestable)

# Where each party that follows has the piece in hand.
_MOE_NEW   = when(S.A_ASSOCIER_MOE, S.ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE)
_MOE_HAND  = _MOE_NEW | when(S.PRISE_EN_COMPTE_MOE)
_MOA_HAND  = when(S.A_ASSOCIER_MOA, S.PRISE_EN_COMPTE_MOA)
_VALIDATED = when(S.VALIDEE_1, S.ABSENCE_VALIDATION_1_HORS_DELAI)
_WITH_MOE  = _MOE_HAND | when(S.COMPLETEE, S.A_COMPLETER, S.ERREUR_FOURNISSEUR_SUR_MOE, S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR)
_WITH_MOA  = _MOA_HAND | when(S.COMPLETEE, S.A_COMPLETER, S.ERREUR_FOURNISSEUR_SUR_MOA, S.ERREUR_MOE_SUR_MOA, S.ERREUR_DE_MOA, S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR)
REFUSED    = when(S.REFUSEE_MOE, S.REFUSEE_MOA, S.REFUSEE_FOURNISSEUR, S.REJETEE)
TO_HANDLE  = REFUSED | when(S.REFUSEE_1)
# What stays open for a following piece.
OPEN_TO_FOLLOW = _MOE_HAND | _MOA_HAND | when(S.COMPLETEE, S.A_ASSOCIER_FOURNISSEUR)

STEPS: tuple[Step[Facts], ...] = (
    # The draft, and where a deposit goes
    Step(A.SUBMIT,       when(S.BROUILLON), S.A_VALIDER_1,            by=_DEPOSITOR, only_if=validated,         event="works_piece.submitted"),
    Step(A.SUBMIT,       when(S.BROUILLON), S.A_ASSOCIER_MOE,         by=_DEPOSITOR, only_if=_at_once(_MOE),     event="works_piece.submitted"),
    Step(A.SUBMIT,       when(S.BROUILLON), S.A_ASSOCIER_MOA,         by=_DEPOSITOR, only_if=_at_once(_MOA),     event="works_piece.submitted"),
    Step(A.SUBMIT,       when(S.BROUILLON), S.A_ASSOCIER_FOURNISSEUR, by=_DEPOSITOR, only_if=_at_once(_HOLDER),  event="works_piece.submitted"),
    Step(A.SUBMIT,       when(S.BROUILLON), S.MISE_A_DISPOSITION,     by=_DEPOSITOR, only_if=_at_once(_FINANCE), event="works_piece.submitted"),
    Step(A.DELETE_DRAFT, when(S.BROUILLON), S.SUPPRIMEE,              by=_DEPOSITOR),

    # Validation by the holder (A10, A11) or by the agent of the group (A13, A14)
    Step(A.VALIDATE, when(S.A_VALIDER_1), S.VALIDEE_1,                       by=_VALIDATOR),
    Step(A.REFUSE,   when(S.A_VALIDER_1), S.REFUSEE_1,                       by=_VALIDATOR, needs=Need.REASON),
    Step(A.REPORT_WRONG_VALIDATOR, when(S.A_VALIDER_1), S.ERREUR_FOURNISSEUR_SUR_VALIDEUR, by=_VALIDATOR, reason=Reason.ERR_VALIDEUR),
    Step(A.CORRECT_VALIDATOR, when(S.ERREUR_FOURNISSEUR_SUR_VALIDEUR), S.A_VALIDER_1, by=_DEPOSITOR, needs=Need.VALIDATOR),
    Step(A.LAPSE,    when(S.A_VALIDER_1), S.ABSENCE_VALIDATION_1_HORS_DELAI, by=_SYSTEM, after=lambda f: f.tacit_days),
    Step(A.WITHDRAW, when(S.A_VALIDER_1, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR), S.ABANDONNEE, by=_DEPOSITOR),
    Step(A.SEND_ON,  _VALIDATED, S.A_ASSOCIER_MOE,                           by=_SYSTEM, only_if=goes_on),
    # A subcontractor's request reaches payment only inside the holder's own statement.
    Step(A.ATTACH,   _VALIDATED, S.ASSOCIEE,                                 by=_SYSTEM, only_if=joins, by_deposit=True),

    # In the hands of the project manager
    Step(A.TAKE_UP,  _MOE_NEW | when(S.COMPLETEE), S.PRISE_EN_COMPTE_MOE,    by=_MOE, only_if=for_moe),
    Step(A.WARN,     when(S.A_ASSOCIER_MOE), S.ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE, by=_SYSTEM, only_if=monthly, after=lambda f: f.project_manager_days),
    Step(A.FOLLOW,   _MOE_HAND | when(S.COMPLETEE), S.ASSOCIEE,              by=_SYSTEM, only_if=for_moe, by_deposit=True),
    Step(A.REFUSE,   _MOE_HAND | when(S.COMPLETEE), S.REFUSEE_MOE,           by=_MOE, needs=Need.REASON, only_if=for_moe),
    Step(A.ASK_COMPLETION, _MOE_HAND | when(S.COMPLETEE), S.A_COMPLETER,     by=_MOE, needs=Need.COMMENT, only_if=for_moe),
    Step(A.ASK_REROUTING,  _MOE_HAND, S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR,    by=_MOE, needs=Need.COMMENT, only_if=for_moe),
    Step(A.REPORT_WRONG_PARTY, _MOE_HAND, S.ERREUR_FOURNISSEUR_SUR_MOE,      by=_MOE, only_if=for_moe),
    Step(A.CORRECT_PARTY, when(S.ERREUR_FOURNISSEUR_SUR_MOE), S.A_ASSOCIER_MOE, by=_DEPOSITOR, needs=Need.ROUTING),
    Step(A.REROUTE,  when(S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR), S.A_ASSOCIER_MOE, by=_DEPOSITOR, needs=Need.ROUTING, only_if=for_moe),

    # In the hands of the contracting authority
    Step(A.TAKE_UP,  when(S.A_ASSOCIER_MOA, S.COMPLETEE), S.PRISE_EN_COMPTE_MOA, by=_MOA, only_if=for_moa),
    Step(A.FOLLOW,   _MOA_HAND | when(S.COMPLETEE), S.ASSOCIEE,              by=_SYSTEM, only_if=for_moa, by_deposit=True),
    Step(A.REFUSE,   _MOA_HAND | when(S.COMPLETEE), S.REFUSEE_MOA,           by=_MOA, needs=Need.REASON, only_if=for_moa),
    Step(A.ASK_COMPLETION, _MOA_HAND | when(S.COMPLETEE), S.A_COMPLETER,     by=_MOA, needs=Need.COMMENT, only_if=for_moa),
    Step(A.ASK_REROUTING,  _MOA_HAND, S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR,    by=_MOA, needs=Need.COMMENT, only_if=for_moa),
    # The error is told to whoever named the authority: in this piece, or in the one before it.
    Step(A.REPORT_WRONG_PARTY, _MOA_HAND, S.ERREUR_FOURNISSEUR_SUR_MOA,      by=_MOA, only_if=_named_wrong(_MOA, None, initial=None)),
    Step(A.REPORT_WRONG_PARTY, _MOA_HAND, S.ERREUR_MOE_SUR_MOA,              by=_MOA, only_if=_named_wrong(_MOA, _MOE, initial=True)),
    Step(A.REPORT_WRONG_PARTY, _MOA_HAND, S.ERREUR_DE_MOA,                   by=_MOA, only_if=_named_wrong(_MOA, _MOE, initial=False)),
    Step(A.CORRECT_PARTY, when(S.ERREUR_FOURNISSEUR_SUR_MOA, S.ERREUR_MOE_SUR_MOA, S.ERREUR_DE_MOA), S.A_ASSOCIER_MOA, by=_DEPOSITOR, needs=Need.ROUTING),
    Step(A.ASK_REROUTING, when(S.ERREUR_DE_MOA), S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR, by=_MOE, needs=Need.COMMENT),
    Step(A.REROUTE,  when(S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR), S.A_ASSOCIER_MOA, by=_DEPOSITOR, needs=Need.ROUTING, only_if=for_moa),
    Step(A.REROUTE,  when(S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR), S.A_ASSOCIER_MOA, by=_HOLDER, needs=Need.ROUTING, only_if=for_moa),

    # The general statement, in the hands of the holder
    Step(A.FOLLOW,   when(S.A_ASSOCIER_FOURNISSEUR), S.ASSOCIEE,             by=_SYSTEM, only_if=for_holder, by_deposit=True),
    Step(A.REFUSE,   when(S.A_ASSOCIER_FOURNISSEUR), S.REFUSEE_FOURNISSEUR,  by=_HOLDER, needs=Need.COMMENT, only_if=for_holder),
    Step(A.REPORT_WRONG_PARTY, when(S.A_ASSOCIER_FOURNISSEUR), S.ERREUR_MOA_SUR_FOURNISSEUR, by=_HOLDER, only_if=_named_wrong(_HOLDER, _MOA, initial=True)),
    Step(A.REPORT_WRONG_PARTY, when(S.A_ASSOCIER_FOURNISSEUR), S.ERREUR_MOE_SUR_FOURNISSEUR, by=_HOLDER, only_if=_named_wrong(_HOLDER, _MOE, initial=True)),
    Step(A.CORRECT_PARTY, when(S.ERREUR_MOA_SUR_FOURNISSEUR, S.ERREUR_MOE_SUR_FOURNISSEUR), S.A_ASSOCIER_FOURNISSEUR, by=_DEPOSITOR, needs=Need.ROUTING),
    Step(A.DEEM_ACCEPTED, when(S.A_ASSOCIER_FOURNISSEUR), None,              by=_SYSTEM, only_if=unsigned, after=lambda f: f.signature_days, event="works_piece.deemed_accepted"),

    # What the depositor was asked for
    Step(A.COMPLETE, when(S.A_COMPLETER), S.COMPLETEE,                       by=_DEPOSITOR, needs=Need.PIECE_OR_COMMENT),

    # The tacit procedure: silence on the final draft, then on the holder's own general draft
    Step(A.OPEN_TACIT, _WITH_MOE | when(S.ASSOCIEE), None,                   by=_SYSTEM, only_if=tacit_may_open,
         after=lambda f: f.general_statement_days, since=lambda f: f.received_at, event="works_piece.tacit_procedure_opened"),
    Step(A.REPLACE,  _WITH_MOE | _WITH_MOA | when(S.ASSOCIEE), S.REMPLACEE_PAR_A22, by=_SYSTEM, only_if=replaceable, by_deposit=True),
    Step(A.BECOME_FINAL, _WITH_MOA, None,                                    by=_SYSTEM, only_if=may_become_final,
         after=lambda f: f.tacit_answer_days, since=lambda f: f.received_at, event="works_piece.became_final"),

    # A refused piece done again, and an amount that is disputed
    Step(A.REDO,     REFUSED, S.DUPLIQUE_APRES_REFUS,                        by=_SYSTEM, by_deposit=True),
    Step(A.CONTEST,  when(S.A_ASSOCIER_MOA, S.PRISE_EN_COMPTE_MOA, S.ASSOCIEE, S.MISE_A_DISPOSITION, S.PRISE_EN_COMPTE_DESTINATAIRE,
                          S.SERVICE_FAIT, S.MANDATEE, S.MISE_A_DISPOSITION_COMPTABLE, S.COMPTABILISEE, S.MISE_EN_PAIEMENT),
         None, by=_HOLDER, needs=Need.COMMENT, only_if=contestable, event="works_piece.contested"),

    # In the hands of the finance service: the simple life cycle, or back to the authority
    *progress(_FINANCE),
    *interruptions(_DEPOSITOR, _FINANCE),
    Step(A.SEND_BACK, when(S.MISE_A_DISPOSITION, S.PRISE_EN_COMPTE_DESTINATAIRE), S.TRANSMISE_MOA, by=_FINANCE, needs=Need.COMMENT, only_if=has_authority),
    Step(A.RETURN,    when(S.TRANSMISE_MOA), S.MISE_A_DISPOSITION,           by=_MOA, only_if=for_finance),

    # What the depositor confirms without changing the status
    *confirmations(_DEPOSITOR, "works_piece", TO_HANDLE, when(S.SUSPENDUE)),
)

_DRAFT = when(S.BROUILLON, S.SUPPRIMEE)
_BETWEEN_COMPANIES = _DRAFT | _VALIDATED | when(
    S.A_VALIDER_1, S.REFUSEE_1, S.ERREUR_FOURNISSEUR_SUR_VALIDEUR, S.ABANDONNEE)

WORKS: Lifecycle[Facts] = Lifecycle(
    kind="works_piece",
    initial=(S.BROUILLON,),
    steps=STEPS,
    needs={_DEPOSITOR: Permission.ACT_ON_WORKS, _HOLDER: Permission.ACT_ON_WORKS,
           _VALIDATOR: Permission.ACT_ON_WORKS, _MOE: Permission.ACT_ON_WORKS,
           _MOA: Permission.ACT_ON_WORKS, _FINANCE: Permission.PROCESS},
    # The finance service reads its pieces among its received invoices, not in the works space.
    sees={_DEPOSITOR: Permission.READ_WORKS, _HOLDER: Permission.READ_WORKS,
          _VALIDATOR: Permission.READ_WORKS, _MOE: Permission.READ_WORKS,
          _MOA: Permission.READ_WORKS, _FINANCE: Permission.READ_RECEIVED},
    hidden={_HOLDER: _DRAFT, _VALIDATOR: _DRAFT, _MOE: _BETWEEN_COMPANIES, _MOA: _BETWEEN_COMPANIES,
            _FINANCE: _DRAFT},
)
# fmt: on
