"""What may be done to structures, by whom, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain import events, policy
from domain.access import ActorKind, Permission, Role
from domain.accounts.actions import rights_of
from domain.clock import Clock
from domain.db import dialect, execute
from domain.errors import Conflict, Duplicate, Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.events import Event, transaction
from domain.identifiers import IdentifierType as T
from domain.structures import actions, mandate_text
from domain.structures.models import (
    BankAccount,
    BankReferenceKind,
    Mandate,
    Nature,
    Service,
    ServiceStatus,
    SizeCategory,
    Structure,
    StructureStatus,
)
from domain.structures.rules import (
    BankAccountDraft,
    ServiceDraft,
    StructureDraft,
    iban_of_rib,
    obliged_from,
    structure_problems,
)
from tests.make import (
    IBAN,
    a_public_structure,
    a_service,
    a_siret,
    a_supplier,
    actor_of,
    an_account,
    an_actor,
    an_administrator,
)

TEXT = mandate_text.PRESENT


def a_draft(**changes: Any) -> StructureDraft:
    """A company that nothing speaks against."""
    values = {"identifier_type": T.SIRET, "identifier": a_siret(), "name": "Exemple SARL"}
    return StructureDraft(**(values | changes))


async def told_since(position: int) -> list[Event]:
    return await events.after(position, limit=50)


# Creating


async def test_who_creates_a_structure_becomes_its_main_manager(database: str) -> None:
    account = await an_account()
    actor = await actor_of(account)

    structure = await actions.create_structure(actor, a_draft(name="  Exemple   SARL "))

    (created,) = await told_since(0)
    assert structure.status == StructureStatus.ACTIVATION_IN_PROGRESS
    assert structure.siren == structure.identifier[:9]
    assert Permission.SIGN_MANDATE in (await rights_of(account.id))[structure.id]
    assert (created.kind, created.subject_sequence) == ("structure.created", 1)
    assert created.data["structure"]["version"] == structure.event_count == 1
    assert events.visible(created, await actor_of(account))
    assert not events.visible(created, actor)


async def test_only_an_administrator_creates_a_public_structure_or_chooses_a_status(
    database: str,
) -> None:
    actor = await actor_of(await an_account())

    with pytest.raises(Invalid) as refused:
        await actions.create_structure(
            actor, a_draft(nature=Nature.PUBLIC, status=StructureStatus.INACTIVE)
        )

    assert {(p.rule, p.path) for p in refused.value.problems} == {
        ("BDR-STR-016", ("nature",)),
        ("BDR-STR-016", ("status",)),
    }
    assert await Structure.all().count() == 0
    assert await events.head() == 0


async def test_a_structure_exists_once(database: str) -> None:
    supplier = await a_supplier()
    head = await events.head()

    with pytest.raises(Duplicate) as refused:
        await actions.create_structure(
            await actor_of(await an_account()), a_draft(identifier=supplier.identifier)
        )

    assert [p.rule for p in refused.value.problems] == ["BDR-STR-011"]
    assert await events.head() == head


# What is changed of a right company, and the rule that refuses it, with its path.
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"identifier": "123"}, "BDR-ID-001", "identifier"),
    ({"name": " "}, "BDR-STR-001", "name"),
    ({"name": "X" * 201}, "BDR-TXT-001", "name"),
    ({"name": "Exemple\x00"}, "BDR-TXT-002", "name"),
    ({"name": "Exemple \u202eLRAS"}, "BDR-TXT-003", "name"),
    ({"name": "Exemple \ud800"}, "BDR-TXT-004", "name"),
    ({"address": "X" * 401}, "BDR-TXT-001", "address"),
    ({"country": "XX"}, "BDR-STR-005", "country"),
    ({"postal_code": "4200"}, "BDR-STR-004", "postalCode"),
    ({"postal_code": "４２０００"}, "BDR-STR-004", "postalCode"),
    ({"department": "4"}, "BDR-STR-014", "department"),
    ({"insee_code": "4221"}, "BDR-STR-014", "inseeCode"),
    ({"category": "Ville"}, "BDR-STR-014", "category"),
    ({"email": "personne"}, "BDR-STR-006", "email"),
    ({"email": f"a@{'x' * 300}.fr"}, "BDR-STR-006", "email"),
    ({"phone": "appelez-moi"}, "BDR-STR-007", "phone"),
    ({"payment_days": 61}, "BDR-STR-008", "paymentDays"),
    ({"payment_days": 2**40}, "BDR-STR-008", "paymentDays"),
    ({"vat_number": "FR00000000000"}, "BDR-ID-005", "vatNumber"),
    ({"vat_number": "FR83404833048"}, "BDR-STR-009", "vatNumber"),
    ({"service_required": True}, "BDR-STR-010", "serviceRequired"),
    ({"commitment_format": "^[0-9]{7}$"}, "BDR-STR-010", "commitmentFormat"),
]


def test_every_field_of_a_structure_has_its_rule() -> None:
    for changes, rule, path in WRONG:
        found = structure_problems(a_draft(**changes))

        assert [(p.rule, p.path) for p in found] == [(rule, (path,))], changes
        assert all(p.fr and p.en and p.remedy_fr and p.remedy_en for p in found)


def test_parameters_of_public_structures_are_checked() -> None:
    city = a_draft(nature=Nature.PUBLIC)

    assert structure_problems(replace(city, commitment_format="^[0-9]{7}$")) == []
    assert [p.rule for p in structure_problems(replace(city, commitment_format="(a+)+$"))] == [
        "BDR-ID-016"
    ]
    assert [p.rule for p in structure_problems(replace(city, is_moa_only=True))] == ["BDR-STR-017"]


# One right identifier of each type, with the country it goes with.
IDENTIFIERS = [
    (T.SIRET, "21420218600018", "FR"),
    (T.UE_HORS_FRANCE, "BE0403019261", "BE"),
    (T.HORS_UE, "CHEXEMPLESA", "CH"),
    (T.RIDET, "0123456001", "NC"),
    (T.TAHITI, "A12345001", "PF"),
    (T.EN_COURS_IMMATRICULATION, "ATTENTE-1", "FR"),
    (T.PARTICULIER, "1850175056DUPONTJEAN", "FR"),
]


@pytest.mark.parametrize(("kind", "identifier", "country"), IDENTIFIERS)
async def test_structures_of_every_identifier_type_are_created(
    database: str, kind: T, identifier: str, country: str
) -> None:
    draft = a_draft(identifier_type=kind, identifier=identifier, country=country)

    structure = await actions.create_structure(await actor_of(await an_account()), draft)

    assert (structure.identifier_type, structure.identifier) == (kind, identifier)
    assert structure.vat_number == (identifier if kind is T.UE_HORS_FRANCE else None)


@pytest.mark.parametrize(("kind", "identifier", "country"), IDENTIFIERS[1:])
async def test_a_public_structure_has_a_siret(
    database: str, kind: T, identifier: str, country: str
) -> None:
    draft = a_draft(
        identifier_type=kind, identifier=identifier, country=country, nature=Nature.PUBLIC
    )

    with pytest.raises(Invalid) as refused:
        await actions.create_structure(an_administrator(), draft)

    assert [p.rule for p in refused.value.problems] == ["BDR-ID-017"]


def test_the_country_of_the_identifier_is_that_of_the_structure() -> None:
    for kind, identifier in ((T.UE_HORS_FRANCE, "BE0403019261"), (T.HORS_UE, "CHEXEMPLESA")):
        found = structure_problems(a_draft(identifier_type=kind, identifier=identifier))

        assert [(p.rule, p.path) for p in found] == [("BDR-STR-018", ("country",))]


async def test_the_key_of_a_siret_is_a_choice_of_the_site(database: str) -> None:
    actor, draft = await actor_of(await an_account()), a_draft(identifier="21420218600019")

    with pytest.raises(Invalid):
        await actions.create_structure(actor, draft)
    policy.configure(policy.Policy(check_luhn=False))

    assert (await actions.create_structure(actor, draft)).identifier == "21420218600019"


# Changing


async def test_only_what_is_given_changes_and_is_told(database: str) -> None:
    city = await a_public_structure(email="mairie@example.fr")
    head = await events.head()

    changed = await actions.update_structure(
        an_actor(city),
        city.id,
        {
            "commitment_format": "^[0-9]{7}$",
            "commitment_required": True,
            "email": "mairie@example.fr",
        },
        expected_version=1,
    )

    (told,) = await told_since(head)
    assert (changed.commitment_format, changed.event_count) == ("^[0-9]{7}$", 2)
    assert (told.kind, told.subject_sequence) == ("structure.updated", 2)
    assert told.data["changes"] == {
        "commitmentFormat": [None, "^[0-9]{7}$"],
        "commitmentRequired": [False, True],
    }


async def test_a_change_that_changes_nothing_is_not_told(database: str) -> None:
    city = await a_public_structure()
    head = await events.head()

    await actions.update_structure(an_actor(city), city.id, {"name": f" {city.name} "})

    assert await events.head() == head


async def test_a_change_made_meanwhile_is_noticed(database: str) -> None:
    city = await a_public_structure()
    await actions.update_structure(an_actor(city), city.id, {"town": "Lyon"})

    with pytest.raises(Conflict) as refused:
        await actions.update_structure(
            an_actor(city), city.id, {"town": "Paris"}, expected_version=1
        )

    assert [p.rule for p in refused.value.problems] == ["BDR-STR-050"]
    assert (await Structure.get(id=city.id)).town == "Lyon"


async def test_strangers_do_not_find_and_members_without_the_right_are_refused(
    database: str,
) -> None:
    city = await a_public_structure()
    user = an_actor(city, role=Role.USER)

    with pytest.raises(NotFound):
        await actions.update_structure(an_actor(), city.id, {"town": "X"})
    with pytest.raises(NotFound):
        await actions.update_structure(an_administrator(), "str_" + "0" * 26, {"town": "X"})
    with pytest.raises(Forbidden):
        await actions.update_structure(user, city.id, {"town": "X"})
    with pytest.raises(Forbidden):
        await actions.create_service(user, city.id, ServiceDraft("A", "A"))


async def test_a_waiting_identifier_becomes_a_siret_and_no_other_changes(database: str) -> None:
    waiting = await a_supplier(
        identifier_type=T.EN_COURS_IMMATRICULATION, identifier="ATTENTE-7", has_mandate=False
    )
    siret = a_siret()

    changed = await actions.update_structure(
        an_actor(waiting), waiting.id, {"identifier_type": T.SIRET, "identifier": siret}
    )
    with pytest.raises(Invalid) as refused:
        await actions.update_structure(an_actor(waiting), waiting.id, {"identifier": a_siret()})

    assert (changed.identifier, changed.siren) == (siret, siret[:9])
    assert [p.rule for p in refused.value.problems] == ["BDR-STR-015"]


async def test_an_administrator_closes_a_structure_and_its_manager_does_not(database: str) -> None:
    city = await a_public_structure()

    with pytest.raises(Invalid) as refused:
        await actions.update_structure(
            an_actor(city), city.id, {"status": StructureStatus.INACTIVE}
        )
    closed = await actions.update_structure(
        an_administrator(), city.id, {"status": StructureStatus.INACTIVE}
    )

    assert [(p.rule, p.path) for p in refused.value.problems] == [("BDR-STR-016", ("status",))]
    assert closed.status == StructureStatus.INACTIVE


# Services


async def test_a_service_opens_changes_and_closes(database: str) -> None:
    city = await a_public_structure()
    manager, head = an_actor(city), await events.head()

    service = await actions.create_service(manager, city.id, ServiceDraft("VOIRIE", "Voirie"))
    await actions.update_service(manager, service.id, {"commitment_required": True})
    await actions.update_service(manager, service.id, {"status": ServiceStatus.INACTIVE})
    await actions.update_service(manager, service.id, {"status": ServiceStatus.ACTIVE})
    await actions.update_service(manager, service.id, {"status": ServiceStatus.DELETED})

    told = await told_since(head)
    assert [e.kind for e in told] == [
        "service.opened",
        "service.updated",
        "service.closed",
        "service.opened",
        "service.closed",
    ]
    assert {e.subject_id for e in told} == {city.id}
    assert [e.subject_sequence for e in told] == [2, 3, 4, 5, 6]
    with pytest.raises(WrongStatus):
        await actions.update_service(manager, service.id, {"name": "Autre"})


async def test_services_are_unique_valid_and_not_those_of_the_platform(database: str) -> None:
    city = await a_public_structure()
    manager = an_actor(city)
    await a_service(city, code="VOIRIE")

    refusals: list[tuple[ServiceDraft, type[Refused], str]] = [
        (ServiceDraft("VOIRIE", "Voirie"), Duplicate, "BDR-STR-020"),
        (ServiceDraft("FACTURES_PUBLIQUES", "À moi"), Invalid, "BDR-STR-021"),
        (ServiceDraft("X" * 101, "Long"), Invalid, "BDR-ID-014"),
        (ServiceDraft(" ", "Vide"), Invalid, "BDR-ID-014"),
        (ServiceDraft("A", ""), Invalid, "BDR-STR-001"),
        (
            ServiceDraft("A", "A", valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 1)),
            Invalid,
            "BDR-STR-022",
        ),
    ]
    for draft, kind, rule in refusals:
        with pytest.raises(kind) as refused:
            await actions.create_service(manager, city.id, draft)
        assert [p.rule for p in refused.value.problems] == [rule]
    assert await Service.filter(structure_id=city.id).count() == 1


async def test_a_service_of_the_platform_is_not_changed(database: str) -> None:
    city = await a_public_structure()
    service = await a_service(city)
    async with transaction():
        await Service.filter(id=service.id).update(is_system=True)

    with pytest.raises(Invalid) as refused:
        await actions.update_service(an_actor(city), service.id, {"name": "Autre"})

    assert [p.rule for p in refused.value.problems] == ["BDR-STR-021"]


# Bank references


async def test_a_bank_reference_is_added_by_iban_or_rib_and_removed(database: str) -> None:
    supplier = await a_supplier()
    manager, head = an_actor(supplier), await events.head()
    rib = "30006 00001 12345678901 89"

    account = await actions.add_bank_account(
        manager, supplier.id, BankAccountDraft(holder="Exemple", rib=rib, bic="agrifrpp")
    )
    with pytest.raises(Duplicate):
        await actions.add_bank_account(
            manager, supplier.id, BankAccountDraft(holder="Exemple", iban=f" {IBAN.lower()} ")
        )
    await actions.remove_bank_account(manager, account.id)
    again = await actions.add_bank_account(
        manager, supplier.id, BankAccountDraft(holder="Exemple", iban=IBAN)
    )

    told = await told_since(head)
    assert (account.iban, account.bic) == (IBAN, "AGRIFRPP")
    assert account.reference_kind == BankReferenceKind.RIB
    assert again.reference_kind == BankReferenceKind.IBAN
    assert [e.kind for e in told] == [
        "bank_account.added",
        "bank_account.removed",
        "bank_account.added",
    ]
    assert all(IBAN not in str(e.data) for e in told)
    assert await BankAccount.filter(removed_at=None).count() == 1


def test_a_rib_gives_its_iban_when_its_key_is_right() -> None:
    assert iban_of_rib("30006000011234567890189") == IBAN
    assert iban_of_rib("30006000011234567890188") is None
    assert iban_of_rib("2004101005 0500013M026 06") == "FR1420041010050500013M02606"
    assert iban_of_rib("3000600001") is None


async def test_bank_references_are_checked(database: str) -> None:
    supplier = await a_supplier()
    right = BankAccountDraft(holder="Exemple", iban=IBAN)

    for changes, rule in (
        ({"iban": "FR7630006000011234567890188"}, "BDR-ID-012"),
        ({"iban": None}, "BDR-ID-012"),
        ({"iban": None, "rib": "3000600001"}, "BDR-STR-032"),
        ({"bic": "NOT A BIC"}, "BDR-ID-013"),
        ({"holder": ""}, "BDR-STR-001"),
        ({"is_factor": True}, "BDR-STR-031"),
        ({"factor_name": "Affactureur"}, "BDR-STR-031"),
    ):
        with pytest.raises(Invalid) as refused:
            await actions.add_bank_account(
                an_actor(supplier), supplier.id, replace(right, **changes)
            )
        assert [p.rule for p in refused.value.problems] == [rule], changes
    assert await BankAccount.all().count() == 0


async def test_the_bank_reference_of_another_structure_is_not_found(database: str) -> None:
    supplier = await a_supplier()
    account = await actions.add_bank_account(
        an_actor(supplier), supplier.id, BankAccountDraft(holder="Exemple", iban=IBAN)
    )

    with pytest.raises(NotFound):
        await actions.remove_bank_account(an_actor(await a_supplier()), account.id)


# The mandate


async def test_signing_the_mandate_activates_the_structure(database: str) -> None:
    account = await an_account()
    structure = await actions.create_structure(await actor_of(account), a_draft())
    head = await events.head()

    mandate = await actions.sign_mandate(
        await actor_of(account), structure.id, TEXT.version, TEXT.sha256.upper()
    )

    await structure.refresh_from_db()
    assert structure.status == StructureStatus.ACTIVE
    assert (mandate.account_id, mandate.text_hash) == (account.id, TEXT.sha256)
    assert [e.kind for e in await told_since(head)] == ["mandate.signed", "structure.updated"]


async def test_a_mandate_is_signed_by_a_person_once_in_its_present_words(database: str) -> None:
    supplier = await a_supplier(has_mandate=False)
    manager = await actor_of(await an_account(supplier))

    with pytest.raises(Forbidden) as by_machine:
        await actions.sign_mandate(
            replace(manager, kind=ActorKind.CLIENT), supplier.id, TEXT.version, TEXT.sha256
        )
    with pytest.raises(Invalid) as other_words:
        await actions.sign_mandate(manager, supplier.id, TEXT.version, "0" * 64)
    await actions.sign_mandate(manager, supplier.id, TEXT.version, TEXT.sha256)
    with pytest.raises(Duplicate) as twice:
        await actions.sign_mandate(manager, supplier.id, TEXT.version, TEXT.sha256)

    rules = [r.value.problems[0].rule for r in (by_machine, other_words, twice)]
    assert rules == ["BDR-STR-043", "BDR-STR-041", "BDR-STR-040"]
    assert await Mandate.all().count() == 1


async def test_a_mandate_is_revoked_for_the_future(database: str, clock: Clock) -> None:
    supplier = await a_supplier(has_mandate=False)
    manager = await actor_of(await an_account(supplier))
    await actions.sign_mandate(manager, supplier.id, TEXT.version, TEXT.sha256)

    revoked = await actions.revoke_mandate(manager, supplier.id, " Changement de prestataire ")
    with pytest.raises(NotFound):
        await actions.revoke_mandate(manager, supplier.id)
    await actions.sign_mandate(manager, supplier.id, TEXT.version, TEXT.sha256)

    assert revoked.revoked_at == clock.now()
    assert revoked.revoked_by == manager.id
    assert revoked.revocation_reason == "Changement de prestataire"
    assert await Mandate.filter(structure_id=supplier.id).count() == 2


def test_the_hash_of_the_mandate_is_that_of_its_french_text() -> None:
    # A signed text never changes: a new wording is a new version with another hash.
    assert [(t.version, t.sha256) for t in mandate_text.VERSIONS] == [
        ("2026-01", "575136e8a47fe91de23dc81fd74b539f4cf35a92901699afda083a74ef4f0de1")
    ]


# The calendar


@pytest.mark.parametrize(
    ("nature", "size", "obliged"),
    [
        (Nature.PUBLIC, None, date(2017, 1, 1)),
        (Nature.PRIVATE, SizeCategory.GE, date(2017, 1, 1)),
        (Nature.PRIVATE, SizeCategory.ETI, date(2018, 1, 1)),
        (Nature.PRIVATE, SizeCategory.PME, date(2019, 1, 1)),
        (Nature.PRIVATE, SizeCategory.TPE, date(2020, 1, 1)),
        (Nature.PRIVATE, None, None),
    ],
)
def test_the_obligation_follows_the_size(
    nature: Nature, size: SizeCategory | None, obliged: date | None
) -> None:
    assert obliged_from(nature, size) == obliged


# The tables


async def test_a_structure_that_is_deleted_leaves_nothing_to_be_found(database: str) -> None:
    city = await a_public_structure(name="Commune de Passage")

    async with transaction():
        await execute("DELETE FROM structure WHERE id = $1", city.id)

    if dialect() == "sqlite":
        async with transaction():
            await execute(
                "INSERT INTO structure_search (structure_search) VALUES ('integrity-check')"
            )
    assert await Structure.all().count() == 0
