"""Every condition of the table of works pieces: where it lets a step be taken, and where not."""

from __future__ import annotations

from typing import Any

import pytest

from domain.clock import now
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.works import circuits
from domain.works.lifecycle import WORKS, WorksFacts
from domain.works.lifecycle import WorksAction as A

REQUESTS = {Frame.A10, Frame.A11}
VALIDATED = REQUESTS | {Frame.A13, Frame.A14}
GENERAL = {f for f in WORKS_FRAMES if circuits.is_general_statement(f)}


def facts(frame: Frame, **changes: Any) -> WorksFacts:
    """Those of a first piece, before any delay ran out."""
    values: dict[str, Any] = {
        "frame": frame.value,
        "received_at": now(),
        "is_initial": True,
        "has_authority": True,
        "is_answered": False,
        "is_lapsed": False,
        "is_contestable": True,
        "tacit_days": 15,
        "project_manager_days": 7,
        "general_statement_days": 30,
        "tacit_answer_days": 10,
        "signature_days": 30,
        "free_status_order": False,
        "payment_reported": True,
        "acknowledged": False,
        "rejection_handled": False,
    }
    return WorksFacts(**(values | changes))


def said(action: A, status: S, frame: Frame, **changes: Any) -> dict[str, str | None]:
    """Where the rows of the action lead: the rule that forbids each, None where it is open."""
    known = facts(frame, **changes)
    return {
        row.to or "": None if row.allowed(known) else row.only_if and row.only_if.rule
        for row in WORKS.rows(action, status)
    }


def where(action: A, status: S, to: S | None, rule: str, **changes: Any) -> set[Frame]:
    """The frames in which the row is open; the rule is what forbids it in every other one."""
    answers = {f: said(action, status, f, **changes)[to or ""] for f in WORKS_FRAMES}
    assert set(answers.values()) == {None, rule}
    return {frame for frame, answer in answers.items() if answer is None}


def test_a_deposit_goes_to_its_validator_or_else_to_the_party_that_it_waits_for() -> None:
    assert where(A.SUBMIT, S.BROUILLON, S.A_VALIDER_1, "BDR-WRK-040") == VALIDATED
    ways = (S.A_ASSOCIER_MOE, S.A_ASSOCIER_MOA, S.A_ASSOCIER_FOURNISSEUR, S.MISE_A_DISPOSITION)
    found = [where(A.SUBMIT, S.BROUILLON, to, "BDR-WRK-041") for to in ways]

    assert set().union(*found) == set(WORKS_FRAMES) - VALIDATED
    assert sum(map(len, found)) == len(WORKS_FRAMES) - len(VALIDATED)
    assert found[2] == GENERAL == {Frame.A18, Frame.A20}


@pytest.mark.parametrize(
    ("frame", "is_initial", "to"),
    [
        (Frame.A22, False, S.ERREUR_FOURNISSEUR_SUR_MOA),
        (Frame.A15, True, S.ERREUR_MOE_SUR_MOA),
        (Frame.A15, False, S.ERREUR_DE_MOA),
    ],
)
def test_an_error_is_told_to_whoever_named_the_authority(
    frame: Frame, is_initial: bool, to: S
) -> None:
    found = said(A.REPORT_WRONG_PARTY, S.A_ASSOCIER_MOA, frame, is_initial=is_initial)

    others = {S.ERREUR_FOURNISSEUR_SUR_MOA, S.ERREUR_MOE_SUR_MOA, S.ERREUR_DE_MOA} - {to}
    assert found == {to: None, **dict.fromkeys(others, "BDR-WRK-042")}


def test_a_validated_draft_goes_on_and_a_request_is_carried() -> None:
    for status in (S.VALIDEE_1, S.ABSENCE_VALIDATION_1_HORS_DELAI):
        going_on = where(A.SEND_ON, status, S.A_ASSOCIER_MOE, "BDR-WRK-043")
        carried = where(A.ATTACH, status, S.ASSOCIEE, "BDR-WRK-044")
        assert (going_on, carried) == (VALIDATED - REQUESTS, REQUESTS)
        assert WORKS.automatic(status, facts(Frame.A10)) is None


@pytest.mark.parametrize(
    ("action", "status", "to", "example"),
    [
        (A.TAKE_UP, S.COMPLETEE, S.PRISE_EN_COMPTE_MOE, Frame.A4),
        (A.TAKE_UP, S.COMPLETEE, S.PRISE_EN_COMPTE_MOA, Frame.A15),
        (A.REFUSE, S.A_ASSOCIER_FOURNISSEUR, S.REFUSEE_FOURNISSEUR, Frame.A20),
        (A.RETURN, S.TRANSMISE_MOA, S.MISE_A_DISPOSITION, Frame.A6),
        (A.DEEM_ACCEPTED, S.A_ASSOCIER_FOURNISSEUR, None, Frame.A18),
    ],
)
def test_only_the_party_that_a_piece_waits_for_acts_on_it(
    action: A, status: S, to: S | None, example: Frame
) -> None:
    party = circuits.awaits(example)
    waiting = {f for f in WORKS_FRAMES if circuits.awaits(f) is party}

    assert where(action, status, to, "BDR-WRK-045") == (
        GENERAL if status == S.A_ASSOCIER_FOURNISSEUR else waiting
    )


def test_a_general_statement_is_deemed_accepted_once() -> None:
    found = said(A.DEEM_ACCEPTED, S.A_ASSOCIER_FOURNISSEUR, Frame.A20, is_lapsed=True)

    assert found == {"": "BDR-WRK-045"}


def test_the_project_manager_is_warned_of_draft_monthly_statements() -> None:
    late = S.ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE

    assert where(A.WARN, S.A_ASSOCIER_MOE, late, "BDR-WRK-046") == {Frame.A4, Frame.A13}


def test_the_tacit_procedure_opens_behind_a_final_draft_that_was_not_answered() -> None:
    rule = "BDR-WRK-047"

    assert where(A.OPEN_TACIT, S.ASSOCIEE, None, rule) == {Frame.A7, Frame.A14}
    assert where(A.BECOME_FINAL, S.A_ASSOCIER_MOA, None, rule) == {
        f for f in WORKS_FRAMES if circuits.is_tacit(f)
    }
    replaced = where(A.REPLACE, S.ASSOCIEE, S.REMPLACEE_PAR_A22, rule)
    assert {Frame.A7, Frame.A14, Frame.A17} <= replaced
    assert replaced.isdisjoint({Frame.A4, Frame.A22, *GENERAL})
    for over in ({"is_answered": True}, {"is_lapsed": True}):
        assert said(A.OPEN_TACIT, S.ASSOCIEE, Frame.A7, **over) == {"": rule}
        assert said(A.BECOME_FINAL, S.A_ASSOCIER_MOA, Frame.A22, **over) == {"": rule}


def test_an_amount_is_disputed_while_it_may_be() -> None:
    def contest(*, is_contestable: bool) -> dict[str, str | None]:
        return said(A.CONTEST, S.ASSOCIEE, Frame.A15, is_contestable=is_contestable)

    assert contest(is_contestable=True) == {"": None}
    assert contest(is_contestable=False) == {"": "BDR-WRK-048"}


def test_a_piece_is_sent_back_to_an_authority_that_is_named() -> None:
    def send_back(*, has_authority: bool) -> dict[str, str | None]:
        return said(A.SEND_BACK, S.MISE_A_DISPOSITION, Frame.A6, has_authority=has_authority)

    assert send_back(has_authority=True) == {S.TRANSMISE_MOA: None}
    assert send_back(has_authority=False) == {S.TRANSMISE_MOA: "BDR-WRK-052"}
