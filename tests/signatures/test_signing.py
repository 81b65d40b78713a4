"""What is kept of a signature, and what a deposit needs."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from domain import events
from domain.access import ActorKind, Level, Permission, Role, Space
from domain.accounts.models import Account, Attachment
from domain.clock import Clock, now
from domain.db import execute, fetch
from domain.errors import Duplicate, Forbidden, Invalid, Refused
from domain.events import PLATFORM, transaction
from domain.invoices.actions import judge, save_draft, submit, submit_draft
from domain.origin import UNKNOWN, Origin, Proof
from domain.signatures import actions, certificates, texts
from domain.signatures.models import Certificate, Signature
from domain.signatures.texts import TextKind
from domain.structures.actions import revoke_mandate, sign_mandate
from domain.structures.models import Mandate
from tests.make import (
    a_draft,
    a_supplier,
    actor_of,
    an_account,
    an_actor,
    an_administrator,
    some_parties,
)
from tests.signatures.conftest import Publish

TERMS = texts.present(TextKind.TERMS)
MANDATE = texts.present(TextKind.MANDATE)
FROM_HOME = Origin(
    "192.0.2.7",
    "Mozilla/5.0",
    Proof(("pwd", "otp"), datetime(2026, 11, 20, 8, 59, tzinfo=UTC), "jti_1"),
)


async def sign(account: Account, structure_id: str, origin: Origin = FROM_HOME) -> Mandate:
    text = texts.present(TextKind.MANDATE)
    return await sign_mandate(
        await actor_of(account), structure_id, text.version, text.sha256, origin=origin
    )


# Evidence


async def test_the_evidence_of_a_mandate_says_all_that_must_be_provable(
    database: str, clock: Clock
) -> None:
    supplier = await a_supplier(has_mandate=False, name="Maçonnerie Durand")
    account = await an_account(supplier, display_name="Jeanne Durand", email="j@example.test")

    mandate = await sign(account, supplier.id)

    kept = await Signature.get(id=mandate.signature_id)
    assert len(kept.number) == 24
    assert dict(kept) | {"id": "", "number": ""} == {
        "id": "",
        "document": TextKind.MANDATE,
        "version": MANDATE.version,
        "text_hash": MANDATE.sha256,
        "number": "",
        "signed_at": now(),
        "account_id": account.id,
        "account_name": "Jeanne Durand",
        "account_email": "j@example.test",
        "structure_id": supplier.id,
        "structure_identifier_type": "SIRET",
        "structure_identifier": supplier.identifier,
        "structure_name": "Maçonnerie Durand",
        "address": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "methods": "pwd otp",
        "authenticated_at": datetime(2026, 11, 20, 8, 59, tzinfo=UTC),
        "credential": "jti_1",
        "ended_at": None,
    }


async def test_the_evidence_stays_as_it_was_when_people_and_structures_change(
    database: str,
) -> None:
    supplier = await a_supplier(has_mandate=False, name="Avant")
    account = await an_account(supplier, display_name="Nom Avant")
    mandate = await sign(account, supplier.id)

    async with transaction():
        await Account.filter(id=account.id).update(display_name="Nom Après")
        await execute("UPDATE structure SET name = $2 WHERE id = $1", supplier.id, "Après")

    kept = await Signature.get(id=mandate.signature_id)
    assert (kept.account_name, kept.structure_name) == ("Nom Avant", "Avant")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signature SET account_name = 'Autre'",
        "UPDATE signature SET address = NULL",
        "UPDATE signature SET text_hash = text_hash",
        "DELETE FROM signature",
        "UPDATE certificate SET sha256 = sha256",
        "UPDATE certificate SET pdf = NULL",
        "DELETE FROM certificate",
        "DELETE FROM site_key",
    ],
)
async def test_the_database_itself_refuses_to_change_evidence(
    database: str, statement: str
) -> None:
    mandate = await Mandate.get(structure_id=(await a_supplier()).id)
    signature = await Signature.get(id=mandate.signature_id)
    await certificates.certificate_of(signature)

    with pytest.raises((sqlite3.Error, asyncpg.PostgresError, BaseORMException)):
        async with transaction():
            await execute(statement)

    assert dict(await Signature.get(id=signature.id)) == dict(signature)
    assert await Certificate.all().count() == 1


async def test_terms_are_accepted_once_by_a_person_in_their_present_words(
    database: str, clock: Clock
) -> None:
    account = await an_account()
    actor = await actor_of(account)
    head = await events.head()

    with pytest.raises(Forbidden) as by_machine:
        await actions.accept_terms(
            replace(actor, kind=ActorKind.CLIENT), TERMS.version, TERMS.sha256, UNKNOWN
        )
    with pytest.raises(Invalid) as other_words:
        await actions.accept_terms(actor, TERMS.version, "0" * 64, UNKNOWN)
    kept = await actions.accept_terms(actor, TERMS.version, TERMS.sha256.upper(), FROM_HOME)
    with pytest.raises(Duplicate) as twice:
        await actions.accept_terms(actor, TERMS.version, TERMS.sha256, UNKNOWN)

    rules = [r.value.problems[0].rule for r in (by_machine, other_words, twice)]
    assert rules == ["BDR-SIG-010", "BDR-SIG-011", "BDR-SIG-012"]
    (told,) = await events.after(head, limit=10)
    assert (told.kind, told.subject_id, told.subject_sequence) == (
        "terms.accepted",
        account.id,
        account.event_count + 1,
    )
    assert told.data == {
        "terms": {"version": TERMS.version, "sha256": TERMS.sha256, "number": kept.number}
    }
    assert set(told.audience) == {
        (account.id, Permission.OWN_ACCOUNT.value),
        (PLATFORM, Permission.ADMINISTER.value),
    }


@pytest.mark.parametrize(
    ("activated", "day", "expected"),
    [
        (True, 20, ("2026-12", False)),
        (True, 30, ("2026-12", True)),
        (False, 30, ("2026-12", True)),
    ],
)
async def test_a_new_version_of_the_terms_is_asked_and_required_from_its_day(
    database: str, clock: Clock, publish: Publish, activated: bool, day: int, expected: Any
) -> None:
    account = await an_account()
    await actions.accept_terms(await actor_of(account), TERMS.version, TERMS.sha256, UNKNOWN)
    if activated:
        await Account.filter(id=account.id).update(activated_at=now())
    publish(TextKind.TERMS, since=date(2026, 11, 19), required=date(2026, 11, 30))
    clock.freeze(datetime(2026, 11, day, 9, tzinfo=UTC))

    asked = await actions.terms_to_accept(account.id)

    assert asked is not None
    assert (asked.text.version, asked.is_required) == expected


async def test_who_was_let_in_by_the_operator_is_asked_for_the_terms_and_not_stopped(
    database: str,
) -> None:
    by_operator, by_herself = await an_account(), await an_account()
    await Account.filter(id=by_herself.id).update(activated_at=now())

    asked = [await actions.terms_to_accept(a.id) for a in (by_operator, by_herself)]

    assert [a and a.is_required for a in asked] == [False, True]


async def test_old_evidence_goes_when_no_law_asks_to_keep_it_any_more(
    database: str, clock: Clock
) -> None:
    supplier = await a_supplier(has_mandate=False)
    account = await an_account(supplier)
    actor = await actor_of(account)
    revoked = await sign(account, supplier.id)
    await certificates.certificate_of(await Signature.get(id=revoked.signature_id))
    await revoke_mandate(actor, supplier.id)
    in_force = await sign(account, supplier.id)
    terms = await actions.accept_terms(actor, TERMS.version, TERMS.sha256, UNKNOWN)
    await actions.end(terms.id)

    left = []
    for years in (4, 6, 9, 11):
        clock.freeze(datetime(2026 + years, 11, 21, 9, tzinfo=UTC))
        await actions.forget_old()
        left.append({s.id for s in await Signature.all()})

    everything = {revoked.signature_id, in_force.signature_id, terms.id}
    without_terms = everything - {terms.id}
    assert left == [everything, without_terms, without_terms, {in_force.signature_id}]
    assert (await Mandate.get(id=revoked.id)).signature_id is None
    assert await Certificate.all().count() == 0


def test_a_certificate_number_is_found_however_it_is_typed() -> None:
    for typed in (
        "CERT-0A1B-2C3D-4E5F-6G7H",
        " cert 0a1b 2c3d 4e5f 6g7h ",
        "0A1B2C3D4E5F6G7H",
        "cert-oaib-2c3d-4e5f-6g7h",
    ):
        assert actions.normal_number(typed) == "CERT-0A1B-2C3D-4E5F-6G7H"


# Deposits


async def refusals(actor: Any, draft: Any) -> list[tuple[str, tuple[str, ...], dict[str, str]]]:
    judged = await judge(actor, draft)
    return [(p.rule, p.path, dict(p.params)) for p in judged.problems if p.severity == "ERROR"]


async def test_nothing_is_deposited_without_a_mandate_and_the_refusal_says_what_to_do(
    database: str,
) -> None:
    parties = await some_parties(supplier=await a_supplier(has_mandate=False, name="Durand"))
    actor, draft = an_actor(parties.supplier), a_draft(parties)
    saved = await save_draft(actor, draft)
    head = await events.head()

    found = await refusals(actor, draft)
    with pytest.raises(Invalid) as deposited:
        await submit(actor, draft)
    with pytest.raises(Invalid) as from_draft:
        await submit_draft(actor, saved.id)

    known = {"name": "Durand", "structureId": parties.supplier.id, "action": "mandateSign"}
    assert found == [("BDR-INV-072", ("invoice", "supplierId"), known)]
    for refused in (deposited, from_draft):
        (problem,) = refused.value.problems
        assert (problem.rule, problem.code) == ("BDR-INV-072", "MANDATE_REQUIRED")
        assert "Durand" in problem.fr
        assert "mandateSign" in problem.remedy_fr
    assert await events.head() == head


async def test_a_technical_account_gets_the_same_refusal(database: str) -> None:
    parties = await some_parties(supplier=await a_supplier(has_mandate=False))
    erp = an_actor(
        parties.supplier,
        role=Role.TECHNICAL,
        spaces=[(Space.FACTURES_EMISES, Level.MODIFICATION)],
        kind=ActorKind.CLIENT,
    )

    assert [rule for rule, *_ in await refusals(erp, a_draft(parties))] == ["BDR-INV-072"]


async def test_a_mandate_of_another_structure_of_the_same_person_does_not_help(
    database: str,
) -> None:
    parties = await some_parties(supplier=await a_supplier(has_mandate=False))
    signed = await a_supplier(has_mandate=False)
    await sign(await an_account(signed), signed.id)
    actor = an_actor(parties.supplier, signed)

    assert [rule for rule, *_ in await refusals(actor, a_draft(parties))] == ["BDR-INV-072"]


async def test_a_revoked_mandate_refuses_deposits_until_it_is_signed_again(
    database: str, clock: Clock
) -> None:
    supplier = await a_supplier(has_mandate=False, name="Durand")
    account = await an_account(supplier)
    actor = await actor_of(account)
    parties = await some_parties(supplier=supplier)
    before = await sign(account, supplier.id)

    await revoke_mandate(actor, supplier.id, "Changement de prestataire")
    after_revocation = await refusals(actor, a_draft(parties))
    again = await sign(account, supplier.id)

    assert after_revocation == [
        (
            "BDR-SIG-001",
            ("invoice", "supplierId"),
            {
                "name": "Durand",
                "structureId": supplier.id,
                "action": "mandateSign",
                "date": "2026-11-20",
            },
        )
    ]
    assert await refusals(actor, a_draft(parties)) == []
    ended = [(await Signature.get(id=m.signature_id)).ended_at for m in (before, again)]
    assert ended == [now(), None]


async def test_a_new_version_leaves_time_then_refuses_deposits_then_takes_the_place_of_the_old(
    database: str, clock: Clock, publish: Publish
) -> None:
    supplier = await a_supplier(has_mandate=False, name="Durand")
    account = await an_account(supplier)
    actor = await actor_of(account)
    parties = await some_parties(supplier=supplier)
    old = await sign(account, supplier.id)
    publish(TextKind.MANDATE, since=date(2026, 11, 25), required=date(2026, 12, 25))

    seen = []
    for day in (datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 12, 24, 9, tzinfo=UTC)):
        clock.freeze(day)
        seen.append(await refusals(actor, a_draft(parties)))
    clock.freeze(datetime(2026, 12, 25, 9, tzinfo=UTC))
    outdated = await refusals(actor, a_draft(parties))
    new = await sign(account, supplier.id)

    assert seen == [[], []]
    assert [(rule, params["version"], params["date"]) for rule, _, params in outdated] == [
        ("BDR-SIG-002", MANDATE.version, "2026-12-25")
    ]
    assert await refusals(actor, a_draft(parties)) == []
    await old.refresh_from_db()
    assert (new.version, old.replaced_at, old.revoked_at) == ("2026-12", now(), None)
    assert (await Signature.get(id=old.signature_id)).ended_at == now()
    assert await Mandate.filter(structure_id=supplier.id).count() == 2


async def test_a_mandate_stays_valid_when_its_signatory_leaves_the_structure(
    database: str,
) -> None:
    supplier = await a_supplier(has_mandate=False)
    signatory, colleague = await an_account(supplier), an_actor(supplier)
    await sign(signatory, supplier.id)

    async with transaction():
        await execute("DELETE FROM attachment WHERE member_id = $1", signatory.id)

    assert await Attachment.filter(member_id=signatory.id).count() == 0
    assert await refusals(colleague, a_draft(await some_parties(supplier=supplier))) == []


async def test_an_administrator_signs_for_nobody(database: str) -> None:
    supplier = await a_supplier(has_mandate=False)

    with pytest.raises(Refused):
        await sign_mandate(
            an_administrator(), supplier.id, MANDATE.version, MANDATE.sha256, origin=FROM_HOME
        )

    assert await Signature.all().count() == 0
    assert await fetch("SELECT 1 FROM mandate") == []


async def test_a_reason_of_revocation_is_readable_and_short(database: str) -> None:
    supplier = await a_supplier()
    actor = an_actor(supplier)

    for reason in ("x" * 501, "a\u202eb"):
        with pytest.raises(Invalid) as refused:
            await revoke_mandate(actor, supplier.id, reason)
        assert refused.value.problems[0].path == ("reason",)

    assert (await Mandate.get(structure_id=supplier.id)).revoked_at is None
