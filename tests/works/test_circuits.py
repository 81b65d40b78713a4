"""The circuits of works billing files, played by each actor, with the clock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain import deadlines
from domain.clock import Clock
from domain.errors import Forbidden, Invalid, NotFound, WrongStatus
from domain.reference.frames import Frame
from domain.works import actions
from domain.works.draft import PartyRef
from domain.works.lifecycle import WorksAction as A
from tests.make import an_actor
from tests.works.circuit import (
    a_piece,
    a_site,
    act,
    deposited,
    file_of,
    now_is,
    status_of,
    waits_for,
)


async def days_pass(clock: Clock, days: int) -> None:
    clock.advance(timedelta(days=days, minutes=1))
    await deadlines.sweep()


async def test_the_monthly_circuit_with_a_subcontractor(database: str) -> None:
    site = await a_site()

    request = await deposited(site, Frame.A10)
    assert (request.status, request.file_id) == ("A_VALIDER_1", None)
    assert await act(request, A.VALIDATE, site.holder) == "VALIDEE_1"

    draft = await deposited(site, Frame.A4, attached_ids=(request.id,))
    assert draft.status == "A_ASSOCIER_MOE"
    carried = await now_is(request)
    assert (carried.status, carried.attached_to_id) == ("ASSOCIEE", draft.id)
    assert carried.file_id == draft.file_id
    assert await waits_for(draft.file_id) == [("PROJECT_MANAGER", "FOLLOW", ["A15", "A16"])]

    assert await act(draft, A.TAKE_UP, site.project_manager) == "PRISE_EN_COMPTE_MOE"
    corrected = await deposited(
        site,
        Frame.A15,
        previous_id=draft.id,
        total_net=Decimal(900),
        total_vat=Decimal(180),
        total_gross=Decimal(1080),
        amount_to_pay=Decimal(1080),
        comment="Métré : 90 m² et non 100.",
    )
    assert corrected.status == "A_ASSOCIER_MOA"
    assert await status_of(draft) == "ASSOCIEE"
    assert (corrected.previous_net_cents, corrected.total_net_cents) == (100_000, 90_000)
    assert await waits_for(draft.file_id) == [("CONTRACTING_AUTHORITY", "FOLLOW", ["A19"])]

    admitted = await deposited(
        site,
        Frame.A19,
        previous_id=corrected.id,
        total_net=Decimal(900),
        total_vat=Decimal(180),
        total_gross=Decimal(1080),
        amount_to_pay=Decimal(1080),
    )
    assert admitted.status == "MISE_A_DISPOSITION"
    # The authority pays by itself when no finance service is named.
    assert admitted.recipient_id == site.contracting_authority.id
    assert admitted.clock_started_at == (await now_is(draft)).received_at
    assert await act(admitted, A.PAY, site.contracting_authority) == "MISE_EN_PAIEMENT"

    file = await file_of(draft)
    assert file.ended_at is not None
    assert await waits_for(file.id) == []


async def test_a_deposit_follows_a_piece_and_no_action_does(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    with pytest.raises(WrongStatus) as refused:
        await act(draft, A.FOLLOW, site.project_manager)

    (told,) = refused.value.problems
    assert told.rule == "BDR-LIF-024"
    assert "possibleDeposits" in told.remedy_en


async def test_the_end_of_the_contract(database: str) -> None:
    site = await a_site()

    final = await deposited(site, Frame.A7)
    general = await deposited(site, Frame.A17, previous_id=final.id)
    notified = await deposited(site, Frame.A20, previous_id=general.id)
    assert notified.status == "A_ASSOCIER_FOURNISSEUR"
    assert await waits_for(final.file_id) == [("HOLDER", "FOLLOW", ["A8"])]
    assert (await now_is(final)).deadline_at is None

    signed = await deposited(site, Frame.A8, previous_id=notified.id)

    assert signed.status == "MISE_A_DISPOSITION"
    assert await status_of(notified) == "ASSOCIEE"
    assert (await file_of(final)).expected_frames == []


async def test_silence_leads_to_a_tacit_general_and_final_statement(
    database: str, clock: Clock
) -> None:
    site = await a_site()
    final = await deposited(site, Frame.A7)
    general = await deposited(site, Frame.A17, previous_id=final.id)
    with pytest.raises(Invalid) as refused:
        await deposited(site, Frame.A22, previous_id=final.id)
    assert [p.rule for p in refused.value.problems] == ["BDR-WRK-028"]

    await days_pass(clock, 30)
    assert ("HOLDER", "FOLLOW", ["A22"]) in await waits_for(final.file_id)
    own = await deposited(site, Frame.A22, previous_id=final.id)

    assert own.status == "A_ASSOCIER_MOA"
    assert await status_of(final) == "REMPLACEE_PAR_A22"
    assert await status_of(general) == "REMPLACEE_PAR_A22"
    with pytest.raises(Invalid) as early:
        await deposited(site, Frame.A23, previous_id=own.id)
    assert [p.rule for p in early.value.problems] == ["BDR-WRK-030"]

    await days_pass(clock, 10)
    assert [who for who, _, _ in await waits_for(final.file_id)] == [
        "CONTRACTING_AUTHORITY",
        "HOLDER",
        "PROJECT_MANAGER",
    ]
    with pytest.raises(Invalid) as late:
        await deposited(site, Frame.A20, previous_id=own.id)
    assert [p.rule for p in late.value.problems] == ["BDR-WRK-029"]
    tacit = await deposited(site, Frame.A23, previous_id=own.id)

    assert (tacit.status, await status_of(own)) == ("MISE_A_DISPOSITION", "ASSOCIEE")
    assert await waits_for(final.file_id) == [("RECIPIENT", "PAY", [])]


async def test_the_authority_may_still_answer_the_holders_draft(
    database: str, clock: Clock
) -> None:
    site = await a_site()
    final = await deposited(site, Frame.A7)
    await days_pass(clock, 30)
    own = await deposited(site, Frame.A22, previous_id=final.id)

    notified = await deposited(site, Frame.A20, previous_id=own.id)
    await days_pass(clock, 10)

    assert notified.status == "A_ASSOCIER_FOURNISSEUR"
    assert await status_of(own) == "ASSOCIEE"
    assert (await now_is(own)).lapsed_at is None


@pytest.mark.parametrize("frame", [Frame.A24, Frame.A25])
async def test_either_authority_may_record_the_tacit_statement(
    frame: Frame, database: str, clock: Clock
) -> None:
    site = await a_site()
    final = await deposited(site, Frame.A14 if frame is Frame.A25 else Frame.A7)
    if frame is Frame.A25:
        await act(final, A.VALIDATE, site.holder)
    await days_pass(clock, 30)
    own = await deposited(site, Frame.A22, previous_id=final.id)
    await days_pass(clock, 10)

    tacit = await deposited(site, frame, previous_id=own.id)

    assert tacit.status == "MISE_A_DISPOSITION"


async def test_silence_of_the_holder_agrees_with_its_subcontractor(
    database: str, clock: Clock
) -> None:
    site = await a_site()
    request = await deposited(site, Frame.A10)

    await days_pass(clock, 15)

    assert await status_of(request) == "ABSENCE_VALIDATION_1_HORS_DELAI"
    statement = await deposited(site, Frame.A4, attached_ids=(request.id,))
    assert (await now_is(request)).attached_to_id == statement.id


async def test_silence_of_the_project_manager_warns_and_waits(database: str, clock: Clock) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    await days_pass(clock, 7)

    assert await status_of(draft) == "ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE"
    assert await waits_for(draft.file_id) == [("PROJECT_MANAGER", "FOLLOW", ["A15", "A16"])]
    after = await deposited(site, Frame.A16, previous_id=draft.id)
    assert after.status == "MISE_A_DISPOSITION"


async def test_a_co_contractors_draft_goes_to_the_project_manager_once_validated(
    database: str,
) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A13)
    assert (draft.status, draft.validator_id) == ("A_VALIDER_1", site.holder.id)

    assert await act(draft, A.VALIDATE, site.holder) == "A_ASSOCIER_MOE"
    after = await deposited(site, Frame.A15, previous_id=draft.id)

    assert after.file_id == draft.file_id


async def test_an_amount_is_corrected_and_never_a_ground_for_refusal(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    with pytest.raises(Invalid) as refused:
        await act(draft, A.REFUSE, site.project_manager, reason="WORKS_MONTANT_ERR")
    assert [p.rule for p in refused.value.problems] == ["BDR-WRK-034"]
    with pytest.raises(Invalid) as unexplained:
        await deposited(
            site,
            Frame.A15,
            previous_id=draft.id,
            total_net=Decimal(900),
            total_vat=Decimal(180),
            total_gross=Decimal(1080),
            amount_to_pay=Decimal(1080),
        )

    assert [(p.rule, p.path) for p in unexplained.value.problems] == [
        ("BDR-WRK-031", ("piece", "comment"))
    ]


async def test_a_refusal_stops_the_file_until_the_piece_is_done_again(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    assert await act(draft, A.REFUSE, site.project_manager, reason="JUSTIF_ABS") == "REFUSEE_MOE"
    assert await waits_for(draft.file_id) == [("DEPOSITOR", "REDO", ["A4"])]
    with pytest.raises(Invalid) as stopped:
        await deposited(site, Frame.A15, previous_id=draft.id)
    assert [p.rule for p in stopped.value.problems] == ["BDR-WRK-016"]

    again = await deposited(site, Frame.A4, replaces_id=draft.id, number=draft.number)
    assert again.file_id == draft.file_id
    assert await status_of(draft) == "DUPLIQUE_APRES_REFUS"
    assert await waits_for(draft.file_id) == [("PROJECT_MANAGER", "FOLLOW", ["A15", "A16"])]


async def test_the_authoritys_refusal_is_done_again_behind_the_same_piece(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)
    statement = await deposited(site, Frame.A15, previous_id=draft.id)
    await act(statement, A.REFUSE, site.contracting_authority, reason="DOUBLE_FACT")

    again = await deposited(site, Frame.A15, replaces_id=statement.id)

    assert (again.previous_id, again.status) == (draft.id, "A_ASSOCIER_MOA")


async def test_the_holder_refuses_the_general_statement(database: str) -> None:
    site = await a_site()
    final = await deposited(site, Frame.A7)
    notified = await deposited(site, Frame.A18, previous_id=final.id)

    status = await act(notified, A.REFUSE, site.holder, comment="Réserves jointes.")

    assert status == "REFUSEE_FOURNISSEUR"
    assert await waits_for(final.file_id) == [("DEPOSITOR", "REDO", ["A18"])]


async def test_a_wrong_project_manager_is_corrected_by_the_depositor(database: str) -> None:
    site, other = await a_site(), await a_site()
    draft = await deposited(site, Frame.A4)

    assert (
        await act(draft, A.REPORT_WRONG_PARTY, site.project_manager) == "ERREUR_FOURNISSEUR_SUR_MOE"
    )
    siret = other.project_manager.identifier
    status = await act(draft, A.CORRECT_PARTY, site.holder, routing={"recipient_siret": siret})

    assert status == "A_ASSOCIER_MOE"
    assert (await file_of(draft)).project_manager_id == other.project_manager.id
    with pytest.raises(NotFound):
        await act(draft, A.TAKE_UP, site.project_manager)
    assert await act(draft, A.TAKE_UP, other.project_manager) == "PRISE_EN_COMPTE_MOE"


async def test_a_wrong_authority_goes_back_to_whoever_named_it(database: str) -> None:
    site, other = await a_site(), await a_site()
    draft = await deposited(site, Frame.A4)
    statement = await deposited(site, Frame.A15, previous_id=draft.id)

    assert await act(statement, A.REPORT_WRONG_PARTY, site.contracting_authority) == "ERREUR_DE_MOA"
    assert (
        await act(statement, A.ASK_REROUTING, site.project_manager, comment="Voir le marché.")
        == "EN_ATTENTE_RECYCLAGE_FOURNISSEUR"
    )
    siret = other.contracting_authority.identifier
    status = await act(statement, A.REROUTE, site.holder, routing={"recipient_siret": siret})

    assert status == "A_ASSOCIER_MOA"
    assert (await now_is(draft)).contracting_authority_id == other.contracting_authority.id


async def test_a_piece_is_completed_on_demand(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    with pytest.raises(Invalid):
        await act(draft, A.ASK_COMPLETION, site.project_manager)
    await act(draft, A.ASK_COMPLETION, site.project_manager, comment="Joindre le métré.")
    assert await waits_for(draft.file_id) == [("DEPOSITOR", "COMPLETE", [])]
    assert await act(draft, A.COMPLETE, site.holder, comment="Métré envoyé.") == "COMPLETEE"

    assert (await deposited(site, Frame.A15, previous_id=draft.id)).status == "A_ASSOCIER_MOA"


async def test_the_finance_service_sends_back_and_pays(database: str) -> None:
    site = await a_site()

    paid = await deposited(site, Frame.A6, finance=PartyRef(identifier=site.finance.identifier))
    assert paid.recipient_id == site.finance.id
    with pytest.raises((Forbidden, WrongStatus)):
        await act(paid, A.PAY, site.holder)

    await act(paid, A.SUSPEND, site.finance, reason="JUSTIF_ABS")
    await act(paid, A.COMPLETE, site.holder, comment="Voici.")
    with pytest.raises(Invalid) as amount:
        await act(paid, A.REJECT, site.finance, reason="MONTANT_ERR")
    assert [p.rule for p in amount.value.problems] == ["BDR-WRK-034"]

    assert await act(paid, A.PAY, site.finance) == "MISE_EN_PAIEMENT"


async def test_the_holder_disputes_a_corrected_amount_in_time(database: str, clock: Clock) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)
    corrected = await deposited(
        site,
        Frame.A15,
        previous_id=draft.id,
        total_net=Decimal(900),
        total_vat=Decimal(180),
        total_gross=Decimal(1080),
        amount_to_pay=Decimal(1080),
        comment="Métré.",
    )

    await act(corrected, A.CONTEST, site.holder, comment="Le métré était juste.")

    assert (await now_is(corrected)).contested_at is not None
    clock.advance(timedelta(days=31))
    with pytest.raises(WrongStatus):
        await act(corrected, A.CONTEST, site.holder, comment="Encore.")


async def test_a_validated_request_that_is_not_attached_is_spoken_of(database: str) -> None:
    site = await a_site()
    request = await deposited(site, Frame.A10)
    await act(request, A.VALIDATE, site.holder)

    done = await actions.submit(an_actor(site.holder), a_piece(site, Frame.A4))

    assert [(p.rule, p.severity) for p in done.advice] == [("BDR-WRK-025", "WARNING")]
    assert request.number in done.advice[0].params["numbers"]
