"""How somebody who comes with an identifier gets to the structure that it names."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain import events
from domain.access import Permission, Role
from domain.accounts.actions import rights_of
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, Attachment
from domain.db import fetch
from domain.errors import Invalid
from domain.identifiers import IdentifierType
from domain.mail.actions import latest
from domain.structures.joining import join
from domain.structures.models import Nature, Structure, StructureStatus
from tests.make import (
    a_public_structure,
    a_siret,
    a_supplier,
    actor_of,
    an_account,
)

SIRET = IdentifierType.SIRET


async def joined(account: Account, siret: str, **changes: Any) -> Attachment:
    values: dict[str, Any] = {"name": None, "is_proven": False}
    return await join(account, SIRET, siret, **(values | changes))


async def mails() -> list[tuple[str, str]]:
    return sorted((mail.kind, mail.recipient) for mail, _ in await latest())


async def test_an_unknown_identifier_makes_a_structure_of_which_its_bringer_is_main_manager(
    database: str,
) -> None:
    account, siret = await an_account(), a_siret()

    attachment = await joined(account, f"{siret[:9]} {siret[9:]}", name="Menuiserie Petit")

    structure = await Structure.get(identifier=siret)
    assert (structure.name, structure.nature) == ("Menuiserie Petit", Nature.PRIVATE)
    assert structure.status == StructureStatus.ACTIVATION_IN_PROGRESS
    assert (attachment.role, attachment.status) == (Role.MAIN_MANAGER, AttachmentStatus.VALIDEE)
    assert Permission.HAND_OVER in (await rights_of(account.id))[structure.id]
    assert await mails() == []


@pytest.mark.parametrize(
    ("kind", "identifier", "name", "country"),
    [
        (IdentifierType.PARTICULIER, "1850742218DUPONTJEAN", "Jean Dupont", "FR"),
        (IdentifierType.RIDET, "123456789a", "123456789A", "NC"),
        (IdentifierType.TAHITI, "123456789", "123456789", "PF"),
        (IdentifierType.UE_HORS_FRANCE, "BE0403170701", "BE0403170701", "BE"),
        (IdentifierType.HORS_UE, "CH123456", "CH123456", "CH"),
        (IdentifierType.EN_COURS_IMMATRICULATION, "RCS-2026-1", "RCS-2026-1", "FR"),
    ],
)
async def test_a_structure_without_a_name_is_called_by_what_may_be_shown(
    database: str, kind: IdentifierType, identifier: str, name: str, country: str
) -> None:
    account = await an_account(display_name="Jean Dupont")

    attachment = await join(account, kind, identifier, name=None, is_proven=False)

    structure = await Structure.get(id=attachment.structure_id)
    assert (structure.name, structure.country) == (name, country)


async def test_whoever_types_the_siret_of_a_known_structure_only_asks(database: str) -> None:
    structure = await a_supplier()
    manager = await Attachment.get(structure_id=structure.id, role=Role.MAIN_MANAGER)
    head = await events.head()
    account = await an_account()

    attachment = await joined(account, structure.identifier)

    assert (attachment.role, attachment.status) == (
        Role.USER,
        AttachmentStatus.EN_COURS_DE_VALIDATION,
    )
    assert structure.id not in await rights_of(account.id)
    (told,) = await events.after(head, limit=10)
    assert (told.kind, told.on_behalf_of) == ("member.requested", structure.id)
    assert told.data["attachment"]["version"] == attachment.event_count == 1
    assert events.visible(told, await actor_of(account))
    assert events.visible(told, await actor_of(await Account.get(id=manager.member_id)))
    assert not events.visible(told, await actor_of(await an_account(structure, role=Role.USER)))
    assert await mails() == [
        ("attachment_requested", (await Account.get(id=manager.member_id)).email)
    ]


async def test_a_public_structure_is_not_taken_over_by_whoever_types_its_siret(
    database: str,
) -> None:
    structure = await a_public_structure()
    administrator = await an_account(is_administrator=True)
    account = await an_account()

    attachment = await joined(account, structure.identifier)

    assert attachment.status == AttachmentStatus.EN_COURS_DE_VALIDATION
    assert await mails() == [("attachment_requested", administrator.email)]


async def test_a_proven_siret_attaches_at_once_the_first_as_main_manager(database: str) -> None:
    structure = await a_public_structure()
    first, second = await an_account(), await an_account()

    one = await joined(first, structure.identifier, is_proven=True)
    two = await joined(second, structure.identifier, is_proven=True)

    assert (one.role, two.role) == (Role.MAIN_MANAGER, Role.USER)
    assert one.status == two.status == AttachmentStatus.VALIDEE
    assert Permission.PROCESS in (await rights_of(first.id))[structure.id]
    assert (await rights_of(second.id))[structure.id] == {Permission.READ_STRUCTURE}
    assert await mails() == [("attachment_joined", first.email)]


async def test_who_is_a_member_or_asked_already_gets_that_attachment(database: str) -> None:
    structure = await a_supplier()
    member, asker = await an_account(structure, role=Role.USER), await an_account()
    asked = await joined(asker, structure.identifier)
    head = await events.head()

    again = await joined(asker, structure.identifier)
    present = await joined(member, structure.identifier, is_proven=True)

    assert again.id == asked.id
    assert (present.role, present.status) == (Role.USER, AttachmentStatus.VALIDEE)
    assert await events.head() == head


async def test_a_request_that_is_proven_later_waits_no_longer(database: str) -> None:
    structure = await a_supplier()
    account = await an_account()
    asked = await joined(account, structure.identifier)

    proven = await joined(account, structure.identifier, is_proven=True)

    assert (proven.id, proven.status) == (asked.id, AttachmentStatus.VALIDEE)


@pytest.mark.parametrize(
    ("status", "after"),
    [
        ("REFUSEE", "EN_COURS_DE_VALIDATION"),
        ("SUPPRIMEE", "EN_COURS_DE_VALIDATION"),
        ("DESACTIVEE", "DESACTIVEE"),
    ],
)
async def test_a_provider_does_not_undo_what_a_manager_decided(
    database: str, status: str, after: str
) -> None:
    structure = await a_supplier()
    account = await an_account(structure, role=Role.USER)
    async with events.transaction():
        await Attachment.filter(member_id=account.id).update(status=status)

    attachment = await joined(account, structure.identifier, is_proven=True)

    assert attachment.status == after


async def test_an_identifier_that_is_none_is_refused_and_leaves_nothing(database: str) -> None:
    account = await an_account()

    with pytest.raises(Invalid):
        await joined(account, "12345678901234")

    assert await fetch("SELECT 1 FROM attachment") == []


async def test_of_two_who_bring_the_same_unknown_siret_one_creates_and_the_other_asks(
    database: str,
) -> None:
    accounts, siret = [await an_account() for _ in range(4)], a_siret()

    made = await asyncio.gather(*(joined(account, siret) for account in accounts))

    assert sorted(a.status for a in made) == ["EN_COURS_DE_VALIDATION"] * 3 + ["VALIDEE"]
    assert await Structure.filter(identifier=siret).count() == 1
