"""A structure that changes its SIRET keeps everything else, and is still found."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain import events
from domain.access import Actor, Role
from domain.accounts.models import Account
from domain.clock import Clock, today
from domain.errors import Duplicate, Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.identifiers import IdentifierType
from domain.invoices import actions as invoices
from domain.mail.actions import latest
from domain.structures import actions, search, siret_changes
from domain.structures.joining import join
from domain.structures.models import SiretChange, Structure
from domain.structures.rules import StructureDraft
from domain.structures.siret_changes import SiretChangeDraft
from tests.make import (
    a_draft,
    a_public_structure,
    a_siret,
    a_structure,
    a_supplier,
    actor_of,
    an_account,
    an_administrator,
    some_parties,
)


async def declared(structure: Structure, **changes: Any) -> SiretChange:
    values: dict[str, Any] = {
        "structure_id": structure.id,
        "new_siret": a_siret(),
        "effective_on": today(),
        "reason": "Déménagement du siège.",
    }
    actor: Actor = changes.pop("actor", None) or await actor_of(await an_account(structure))
    return await siret_changes.declare(actor, SiretChangeDraft(**(values | changes)))


async def changed(structure: Structure) -> SiretChange:
    return await siret_changes.decide(
        an_administrator(), (await declared(structure)).id, confirm=True, comment=None
    )


async def test_a_confirmed_change_keeps_the_structure_and_tells_its_managers(
    database: str, clock: Clock
) -> None:
    structure, site = await a_structure(), await an_account(is_administrator=True)
    manager = await an_account(structure)
    change = await declared(structure, actor=await actor_of(manager))
    before = await Structure.get(id=structure.id)

    await siret_changes.decide(
        await actor_of(site), change.id, confirm=True, comment="Vu à l'INSEE."
    )

    after = await Structure.get(id=structure.id)
    assert before.identifier == change.old_siret
    assert (after.identifier, after.siren) == (change.new_siret, change.new_siret[:9])
    kinds = [e.kind for e in await events.of_subject(structure.id)]
    assert kinds == [
        "structure.created",
        "structure.siret_change_declared",
        "structure.updated",
        "structure.siret_change_confirmed",
    ]
    assert sorted((m.kind, m.recipient) for m, _ in await latest()) == [
        ("siret_change_confirmed", manager.email),
        ("siret_change_declared", site.email),
    ]


async def test_a_refused_change_changes_nothing_and_says_why(database: str) -> None:
    structure = await a_structure()
    change = await declared(structure)

    with pytest.raises(Invalid) as silent:
        await siret_changes.decide(an_administrator(), change.id, confirm=False, comment=" ")
    refused = await siret_changes.decide(
        an_administrator(), change.id, confirm=False, comment="Inconnu de l'INSEE."
    )
    with pytest.raises(WrongStatus):
        await siret_changes.decide(an_administrator(), change.id, confirm=True, comment=None)

    assert [p.rule for p in silent.value.problems] == ["BDR-MBR-028"]
    assert refused.status == "REFUSE"
    assert (await Structure.get(id=structure.id)).identifier == change.old_siret
    letter = next(w for m, w in await latest() if m.kind == "siret_change_refused")
    assert "Inconnu de l'INSEE." in letter.body
    assert (await declared(structure, actor=await _main_of(structure))).status == "DECLARE"


async def _main_of(structure: Structure) -> Actor:
    account = await Account.filter().order_by("id").first()
    assert account is not None
    actor = await actor_of(account)
    assert structure.id in actor.rights
    return actor


@pytest.mark.parametrize(
    ("case", "kind", "rules"),
    [
        ("wrong keys", Invalid, ["BDR-ID-002"]),
        ("no siret", Invalid, ["BDR-ID-001"]),
        ("the same", Invalid, ["BDR-MBR-063"]),
        ("too far", Invalid, ["BDR-MBR-064"]),
        ("no reason", Invalid, ["BDR-MBR-028"]),
        ("everything wrong", Invalid, ["BDR-ID-001", "BDR-MBR-064", "BDR-MBR-028"]),
        ("of another", Duplicate, ["BDR-MBR-066"]),
        ("once of another", Duplicate, ["BDR-MBR-066"]),
        ("declared already", Duplicate, ["BDR-MBR-061"]),
        ("by a secondary manager", Forbidden, ["BDR-REQ-002"]),
        ("by a stranger", NotFound, ["BDR-REQ-001"]),
    ],
)
async def test_a_declaration_that_cannot_be_is_refused(
    database: str, case: str, kind: type[Refused], rules: list[str]
) -> None:
    structure, other = await a_structure(), await a_structure()
    main = await actor_of(await an_account(structure))
    asked: dict[str, dict[str, Any]] = {
        "wrong keys": {"new_siret": "12345678901234"},
        "no siret": {"new_siret": "1234"},
        "the same": {"new_siret": structure.identifier},
        "too far": {"effective_on": today() + timedelta(days=400)},
        "no reason": {"reason": " "},
        "everything wrong": {"new_siret": "x", "effective_on": date(1990, 1, 1), "reason": ""},
        "of another": {"new_siret": other.identifier},
    }
    if case == "once of another":
        asked[case] = {"new_siret": (await changed(other)).old_siret}
    if case == "declared already":
        await declared(structure, actor=main)
    if case == "by a secondary manager":
        main = await actor_of(await an_account(structure, role=Role.SECONDARY_MANAGER))
    if case == "by a stranger":
        main = await actor_of(await an_account())
    head = await events.head()

    with pytest.raises(kind) as refused:
        await declared(structure, actor=main, **asked.get(case, {}))

    assert [p.rule for p in refused.value.problems] == rules
    assert await events.head() == head


async def test_a_change_is_confirmed_from_its_day_on_by_an_administrator(
    database: str, clock: Clock
) -> None:
    structure = await a_structure()
    main = await actor_of(await an_account(structure))
    change = await declared(structure, actor=main, effective_on=today() + timedelta(days=3))

    with pytest.raises(Invalid) as early:
        await siret_changes.decide(an_administrator(), change.id, confirm=True, comment=None)
    with pytest.raises(Forbidden):
        await siret_changes.decide(main, change.id, confirm=True, comment=None)
    with pytest.raises(NotFound):
        await siret_changes.decide(
            await actor_of(await an_account()), change.id, confirm=True, comment=None
        )
    clock.advance(timedelta(days=3))
    confirmed = await siret_changes.decide(
        an_administrator(), change.id, confirm=True, comment=None
    )

    assert [p.rule for p in early.value.problems] == ["BDR-MBR-065"]
    assert confirmed.status == "CONFIRME"


async def test_a_siret_taken_meanwhile_is_not_confirmed(database: str) -> None:
    structure = await a_structure()
    change = await declared(structure)
    await a_structure(identifier=change.new_siret)

    with pytest.raises(Duplicate):
        await siret_changes.decide(an_administrator(), change.id, confirm=True, comment=None)

    assert (await SiretChange.get(id=change.id)).status == "DECLARE"


async def test_the_old_siret_finds_the_structure_wherever_it_is_typed(database: str) -> None:
    structure = await a_public_structure()
    change = await changed(structure)
    account = await an_account()

    asked = await join(account, IdentifierType.SIRET, change.old_siret, name=None, is_proven=False)
    found = await search.find(await actor_of(account), search.Search(text=change.old_siret), 5)

    assert asked.structure_id == structure.id
    assert [row["id"] for row in found] == [structure.id]


async def test_nobody_creates_a_structure_with_a_siret_that_was_given_up(database: str) -> None:
    change = await changed(await a_structure())
    draft = StructureDraft(IdentifierType.SIRET, change.old_siret, "Reprise SARL")

    with pytest.raises(Duplicate) as refused:
        await actions.create_structure(await actor_of(await an_account()), draft)

    assert [p.rule for p in refused.value.problems] == ["BDR-MBR-066"]


async def test_a_deposit_to_the_old_siret_arrives_and_says_so(database: str, clock: Clock) -> None:
    parties = await some_parties()
    change = await changed(parties.recipient)
    manager = await Account.filter().order_by("id").first()
    assert manager is not None

    deposited = await invoices.submit(
        await actor_of(manager), a_draft(parties, recipient_siret=change.old_siret)
    )

    assert deposited.invoice.recipient_id == parties.recipient.id
    assert deposited.invoice.recipient_identifier == change.new_siret
    (advice,) = deposited.advice
    assert (advice.rule, advice.path) == ("BDR-MBR-067", ("invoice", "recipientSiret"))
    assert advice.params == {
        "old": change.old_siret,
        "new": change.new_siret,
        "date": today().isoformat(),
    }


async def test_a_deposit_dated_before_the_suppliers_change_says_so(
    database: str, clock: Clock
) -> None:
    parties = await some_parties(supplier=await a_supplier())
    supplier = await actor_of(await Account.filter().order_by("id").get())
    change = await siret_changes.decide(
        an_administrator(),
        (await declared(parties.supplier, actor=supplier)).id,
        confirm=True,
        comment=None,
    )

    late, dated = [
        (await invoices.submit(supplier, a_draft(parties, issued_on=on))).advice
        for on in (today() - timedelta(days=1), today())
    ]

    assert [(p.rule, p.params["old"]) for p in late] == [("BDR-MBR-068", change.old_siret)]
    assert list(dated) == []
