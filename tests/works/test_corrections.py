"""What a correction of the routing changes in a file, and what is no correction."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Invalid
from domain.reference.frames import Frame
from domain.structures.models import Service
from domain.works.draft import PartyRef
from domain.works.lifecycle import WorksAction as A
from domain.works.models import BillingFile, WorksPiece
from tests.make import a_service
from tests.works.circuit import Site, a_site, act, deposited, file_of, now_is, status_of

Routed = tuple[str | None, str | None, str | None]


async def a_file_to_correct() -> tuple[Site, Service, WorksPiece, WorksPiece]:
    """A draft and its statement, which the authority asked its depositor to correct."""
    site = await a_site()
    service = await a_service(site.contracting_authority)
    authority = PartyRef(
        identifier=site.contracting_authority.identifier, service_code=service.code
    )
    draft = await deposited(
        site, Frame.A4, contracting_authority=authority, commitment_number="E-OLD"
    )
    statement = await deposited(site, Frame.A15, previous_id=draft.id)
    await act(statement, A.ASK_REROUTING, site.contracting_authority, comment="Voir le marché.")
    return site, service, draft, statement


def routed(one: WorksPiece | BillingFile) -> Routed:
    return (
        one.contracting_authority_id,
        one.contracting_authority_service_id,
        one.commitment_number,
    )


async def everywhere(draft: WorksPiece, statement: WorksPiece) -> set[Routed]:
    """The routing of the file and of its pieces: one, when it was corrected as a whole."""
    pieces = [await now_is(draft), await now_is(statement)]
    return {routed(await file_of(draft)), *(routed(piece) for piece in pieces)}


@pytest.mark.parametrize("names_the_same_actor", [False, True])
async def test_another_commitment_is_kept_in_the_whole_file(
    names_the_same_actor: bool, database: str
) -> None:
    site, service, draft, statement = await a_file_to_correct()
    authority = site.contracting_authority
    routing = {"commitment_number": " E-NEW "}
    if names_the_same_actor:
        routing["recipient_siret"] = authority.identifier

    status = await act(statement, A.REROUTE, site.project_manager, routing=routing)

    assert status == "A_ASSOCIER_MOA"
    assert await everywhere(draft, statement) == {(authority.id, service.id, "E-NEW")}
    after = await deposited(site, Frame.A19, previous_id=statement.id)
    assert after.commitment_number == "E-NEW"


async def test_another_service_of_the_same_actor_is_a_correction(database: str) -> None:
    site, _, draft, statement = await a_file_to_correct()
    other = await a_service(site.contracting_authority)

    routing = {"service_code": other.code}
    await act(statement, A.REROUTE, site.project_manager, routing=routing)

    authority = site.contracting_authority.id
    assert await everywhere(draft, statement) == {(authority, other.id, "E-OLD")}


async def test_an_actor_and_a_commitment_are_corrected_at_once(database: str) -> None:
    site, _, draft, statement = await a_file_to_correct()
    other = (await a_site()).contracting_authority

    routing = {"recipient_siret": other.identifier, "commitment_number": "E-NEW"}
    await act(statement, A.REROUTE, site.project_manager, routing=routing)

    assert await everywhere(draft, statement) == {(other.id, None, "E-NEW")}


async def test_an_empty_text_removes_the_service_and_the_commitment(database: str) -> None:
    site, _, draft, statement = await a_file_to_correct()

    routing = {"service_code": "", "commitment_number": ""}
    await act(statement, A.REROUTE, site.project_manager, routing=routing)

    authority = site.contracting_authority.id
    assert await everywhere(draft, statement) == {(authority, None, None)}


async def test_who_is_wrong_is_corrected_with_its_commitment(database: str) -> None:
    site, other = await a_site(), await a_site()
    draft = await deposited(site, Frame.A4, commitment_number="E-OLD")
    await act(draft, A.REPORT_WRONG_PARTY, site.project_manager)

    siret = other.project_manager.identifier
    routing = {"recipient_siret": siret, "commitment_number": "E-NEW"}
    await act(draft, A.CORRECT_PARTY, site.holder, routing=routing)

    file = await file_of(draft)
    assert (file.project_manager_id, file.commitment_number) == (other.project_manager.id, "E-NEW")


@pytest.mark.parametrize("given", [set(), {"siret"}, {"service"}, {"siret", "commitment"}])
async def test_the_same_routing_is_no_correction(given: set[str], database: str) -> None:
    site, service, _, statement = await a_file_to_correct()
    same = {
        "siret": ("recipient_siret", site.contracting_authority.identifier),
        "service": ("service_code", service.code),
        "commitment": ("commitment_number", " E-OLD "),
    }
    routing: dict[str, Any] = {"recipient_siret": None, **dict(same[name] for name in given)}

    with pytest.raises(Invalid) as refused:
        await act(statement, A.REROUTE, site.project_manager, routing=routing)

    assert [(p.rule, p.path) for p in refused.value.problems] == [("BDR-WRK-050", ("routing",))]
    assert await status_of(statement) == "EN_ATTENTE_RECYCLAGE_FOURNISSEUR"


async def test_the_same_validator_is_no_correction(database: str) -> None:
    site, other = await a_site(), await a_site()
    request = await deposited(site, Frame.A10)
    await act(request, A.REPORT_WRONG_VALIDATOR, site.holder)

    with pytest.raises(Invalid) as refused:
        same = PartyRef(identifier=site.holder.identifier)
        await act(request, A.CORRECT_VALIDATOR, site.subcontractor, validator=same)
    right = PartyRef(identifier=other.holder.identifier)
    await act(request, A.CORRECT_VALIDATOR, site.subcontractor, validator=right)

    assert [(p.rule, p.path) for p in refused.value.problems] == [("BDR-WRK-050", ("validator",))]
    assert (await now_is(request)).validator_id == other.holder.id


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        ({"commitment_number": "E" * 51}, ("BDR-TXT-001", ("routing", "commitmentNumber"))),
        ({"service_code": "NONE"}, ("BDR-WRK-020", ("routing", "recipientServiceCode"))),
        ({"recipient_siret": "1"}, ("BDR-WRK-012", ("routing", "recipientSiret"))),
    ],
)
async def test_a_correction_that_is_wrong_itself_is_refused(
    routing: dict[str, str], expected: tuple[str, tuple[str, ...]], database: str
) -> None:
    site, service, draft, statement = await a_file_to_correct()

    with pytest.raises(Invalid) as refused:
        await act(statement, A.REROUTE, site.project_manager, routing=routing)

    assert [(p.rule, p.path) for p in refused.value.problems] == [expected]
    authority = site.contracting_authority.id
    assert await everywhere(draft, statement) == {(authority, service.id, "E-OLD")}
