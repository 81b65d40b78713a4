"""Spaces opened and closed, and rights held on one service of a structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain import events
from domain.access import DEFAULT_SPACES, Actor, Level, Permission, Role, Space
from domain.accounts.actions import rights_of
from domain.accounts.models import Account, Attachment, SpaceStatus, StructureSpace
from domain.documents import Given
from domain.errors import Forbidden, Invalid, NotFound, Refused
from domain.invoices import actions as invoices
from domain.invoices import queries
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.invoices.queries import InvoiceCriteria, InvoiceOrder
from domain.structures import members, spaces
from domain.structures.members import Wish
from domain.structures.models import Service, Structure
from resolvers.loaders import Loaders
from tests.make import (
    Parties,
    a_draft,
    a_public_structure,
    a_service,
    a_structure,
    actor_of,
    an_account,
    an_actor,
    an_invoice,
    some_parties,
)

READ, WRITE = Level.CONSULTATION_UNIQUEMENT, Level.MODIFICATION


async def a_member(
    structure: Structure, *wishes: Wish, role: Role = Role.USER
) -> tuple[Account, Attachment]:
    account = await an_account(structure, role=role)
    attachment = await Attachment.get(member_id=account.id)
    await members.set_spaces(an_actor(structure), attachment.id, wishes)
    return account, attachment


async def test_a_structure_with_a_member_has_the_usual_spaces_open(database: str) -> None:
    structure = await a_structure()
    before = await StructureSpace.filter(structure_id=structure.id).count()
    await an_account(structure)

    opened = await StructureSpace.filter(structure_id=structure.id).order_by("id")

    assert before == 0
    assert [(s.space, s.status, s.service_id) for s in opened] == [
        (space, SpaceStatus.ACTIVE, None) for space in DEFAULT_SPACES
    ]


async def test_a_closed_space_grants_nothing_until_it_is_opened_again(database: str) -> None:
    structure = await a_structure()
    account, _ = await a_member(structure, Wish(Space.FACTURES_EMISES, WRITE))
    manager = an_actor(structure)
    seen = []

    for act in (spaces.close_space, spaces.close_space, spaces.open_space):
        await act(manager, structure.id, Space.FACTURES_EMISES)
        seen.append(Permission.ISSUE in (await rights_of(account.id))[structure.id])

    assert seen == [False, False, True]
    told = [e.kind for e in await events.of_subject(structure.id)]
    assert told == ["structure.created", "space.closed", "space.opened"]


async def test_managers_keep_every_space_by_their_role(database: str) -> None:
    structure = await a_structure()
    account = await an_account(structure, role=Role.SECONDARY_MANAGER)

    await spaces.close_space(an_actor(structure), structure.id, Space.FACTURES_EMISES)

    assert Permission.ISSUE in (await rights_of(account.id))[structure.id]


async def test_a_space_without_a_subject_may_be_opened_and_grants_nothing(database: str) -> None:
    structure = await a_structure()
    await an_account(structure)
    await spaces.open_space(an_actor(structure), structure.id, Space.SOLLICITATIONS)

    account, _ = await a_member(structure, Wish(Space.SOLLICITATIONS, WRITE))

    assert (await rights_of(account.id))[structure.id] == {Permission.READ_STRUCTURE}


@pytest.mark.parametrize(
    ("case", "kind", "rule"),
    [
        ("unknown structure", NotFound, "BDR-REQ-001"),
        ("structure of others", NotFound, "BDR-REQ-001"),
        ("plain member", Forbidden, "BDR-REQ-002"),
        ("unknown service", NotFound, "BDR-MBR-041"),
        ("service of others", NotFound, "BDR-MBR-041"),
        ("connections of a service", Invalid, "BDR-MBR-042"),
        ("close what was never opened", NotFound, "BDR-MBR-044"),
    ],
)
async def test_what_cannot_be_opened_or_closed_is_refused(
    database: str, case: str, kind: type[Refused], rule: str
) -> None:
    structure, other = await a_structure(), await a_structure()
    own, foreign = await a_service(structure), await a_service(other)
    user = await actor_of(await an_account(structure, role=Role.USER))
    where = {"unknown structure": "str_x", "structure of others": other.id}
    on = {"unknown service": "svc_x", "service of others": foreign.id}
    service = own.id if case == "connections of a service" else on.get(case)
    space = Space.RACCORDEMENTS if case.startswith("connections") else Space.FACTURES_DE_TRAVAUX
    act = spaces.close_space if case.startswith("close") else spaces.open_space
    head = await events.head()

    with pytest.raises(kind) as refused:
        await act(
            user if case == "plain member" else an_actor(structure),
            where.get(case, structure.id),
            space,
            service,
        )

    assert [p.rule for p in refused.value.problems] == [rule]
    assert await events.head() == head


# Rights on one service


@dataclass
class Office:
    """A public body with two services, a member of one, and an invoice for each and for none."""

    parties: Parties
    mine: Service
    other: Service
    account: Account
    invoices: dict[str, Invoice]

    async def actor(self) -> Actor:
        return await actor_of(self.account)


async def an_office(level: Level = WRITE) -> Office:
    recipient = await a_public_structure()
    await an_account(recipient)
    mine, other = await a_service(recipient), await a_service(recipient)
    manager = an_actor(recipient)
    await spaces.open_space(manager, recipient.id, Space.FACTURES_RECUES, mine.id)
    account, _ = await a_member(recipient, Wish(Space.FACTURES_RECUES, level, mine.id))
    parties = await some_parties(recipient=recipient)
    made = {
        name: await an_invoice(parties=parties, recipient_service_code=code)
        for name, code in (("mine", mine.code), ("other", other.code), ("none", None))
    }
    return Office(parties, mine, other, account, made)


async def shown(actor: Actor, **criteria: Any) -> Sequence[str]:
    select = queries.listed(actor, InvoiceCriteria(**criteria), InvoiceOrder.OLDEST_FIRST)
    return [row.id for row in await Loaders().rows(select, 50)] if select else []


async def test_a_right_on_a_service_is_held_there_and_only_there(database: str) -> None:
    office = await an_office()

    rights = await rights_of(office.account.id)

    assert rights[office.parties.recipient.id] == {Permission.READ_STRUCTURE}
    assert rights[office.mine.id] == {Permission.READ_RECEIVED, Permission.PROCESS}
    assert office.other.id not in rights
    actor = await office.actor()
    assert actor.structures(Permission.READ_RECEIVED) == frozenset()
    assert actor.services(Permission.READ_RECEIVED) == {office.mine.id}
    assert actor.limited_to(["invoice:read_received"]).services(Permission.PROCESS) == frozenset()


async def test_its_member_lists_the_invoices_of_its_service_alone(database: str) -> None:
    office = await an_office()
    actor = await office.actor()

    assert await shown(actor) == [office.invoices["mine"].id]
    assert await shown(actor, structures=[office.parties.recipient.id]) == [
        office.invoices["mine"].id
    ]
    assert await shown(actor, structures=[office.parties.supplier.id]) == []
    seen = queries.seen(actor)
    assert seen is not None
    assert [row.id for row in await Loaders().rows(seen, 50)] == [office.invoices["mine"].id]


async def test_its_member_processes_the_invoices_of_its_service_alone(database: str) -> None:
    office = await an_office()
    actor = await office.actor()

    moved = await invoices.move(
        actor, office.invoices["mine"].id, A.TAKE_INTO_ACCOUNT, Given(comment=None)
    )
    for name in ("other", "none"):
        with pytest.raises(NotFound):
            await invoices.move(actor, office.invoices[name].id, A.TAKE_INTO_ACCOUNT, Given())

    assert moved.status == "PRISE_EN_COMPTE_DESTINATAIRE"
    (*_, last) = await events.of_subject(moved.id)
    assert (last.actor_id, last.on_behalf_of) == (actor.id, office.parties.recipient.id)


async def test_a_reader_of_a_service_sees_and_does_not_process(database: str) -> None:
    office = await an_office(READ)

    with pytest.raises(Forbidden):
        await invoices.move(
            await office.actor(), office.invoices["mine"].id, A.TAKE_INTO_ACCOUNT, Given()
        )

    assert await shown(await office.actor()) == [office.invoices["mine"].id]


async def test_events_open_to_the_member_of_the_service_they_are_about(database: str) -> None:
    office = await an_office()
    actor = await office.actor()

    for name, invoice in office.invoices.items():
        told = await events.of_subject(invoice.id)
        assert {events.visible(e, actor) for e in told[2:]} == {name == "mine"}, name


async def test_closing_the_space_of_the_service_closes_its_invoices(database: str) -> None:
    office = await an_office()
    recipient = office.parties.recipient

    await spaces.close_space(
        an_actor(recipient), recipient.id, Space.FACTURES_RECUES, office.mine.id
    )

    assert await shown(await office.actor()) == []


async def test_a_space_open_on_the_structure_is_not_open_on_its_services(database: str) -> None:
    structure = await a_public_structure()
    service = await a_service(structure)
    account = await an_account(structure, role=Role.USER)
    attachment = await Attachment.get(member_id=account.id)

    with pytest.raises(Invalid) as refused:
        await members.set_spaces(
            an_actor(structure), attachment.id, [Wish(Space.FACTURES_RECUES, READ, service.id)]
        )

    assert [(p.rule, p.path) for p in refused.value.problems] == [
        ("BDR-MBR-040", ("spaces", "0", "space"))
    ]


async def a_supplier_of_one_service() -> tuple[Parties, Service, Actor]:
    parties = await some_parties()
    supplier = parties.supplier
    service = await a_service(supplier)
    manager = an_actor(supplier)
    await spaces.open_space(manager, supplier.id, Space.FACTURES_EMISES, service.id)
    account, _ = await a_member(supplier, Wish(Space.FACTURES_EMISES, WRITE, service.id))
    return parties, service, await actor_of(account)


async def test_a_member_of_a_service_deposits_for_it_and_for_nothing_else(database: str) -> None:
    parties, service, actor = await a_supplier_of_one_service()
    other = await a_service(parties.supplier)
    position = await events.head()

    deposited = await invoices.submit(actor, a_draft(parties, supplier_service_code=service.code))
    for code in (other.code, None):
        with pytest.raises(Forbidden) as refused:
            await invoices.submit(actor, a_draft(parties, supplier_service_code=code))
        assert refused.value.problems[0].path == ("invoice", "supplierId")

    assert deposited.invoice.supplier_service_id == service.id
    assert {e.subject_id for e in await events.after(position, limit=50)} == {deposited.invoice.id}
    assert await shown(actor) == [deposited.invoice.id]


async def test_a_member_of_a_service_keeps_its_drafts_inside_it(database: str) -> None:
    parties, service, actor = await a_supplier_of_one_service()
    own = a_draft(parties, supplier_service_code=service.code)
    others = await invoices.save_draft(an_actor(parties.supplier), a_draft(parties))

    saved = await invoices.save_draft(actor, own)
    with pytest.raises(Forbidden):
        await invoices.save_draft(actor, a_draft(parties))
    with pytest.raises(Forbidden):
        await invoices.save_draft(
            actor, a_draft(parties), draft_id=saved.id, expected_version=saved.event_count
        )
    with pytest.raises(NotFound):
        await invoices.submit_draft(actor, others.id)
    deposited = await invoices.submit_draft(actor, saved.id)

    assert deposited.invoice.status == "MISE_A_DISPOSITION"


async def test_a_foreign_supplier_is_not_found_whatever_service_is_named(database: str) -> None:
    parties, service, _ = await a_supplier_of_one_service()
    _, _, stranger = await a_supplier_of_one_service()

    with pytest.raises(NotFound):
        await invoices.submit(stranger, a_draft(parties, supplier_service_code=service.code))
