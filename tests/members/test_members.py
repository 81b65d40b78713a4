"""Asking, deciding, changing and ending attachments: what is written, told and sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain import events
from domain.access import ActorKind, Level, Permission, Role, Space
from domain.accounts.actions import on_rights_changed, rights_of
from domain.accounts.membership import AttachmentStatus, MemberAction
from domain.accounts.models import Account, Attachment, Habilitation
from domain.clock import Clock
from domain.db import fetch
from domain.errors import Conflict, Duplicate, Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.mail.actions import latest
from domain.structures import actions, members
from domain.structures.joining import request_by
from domain.structures.members import Decision, Wish
from domain.structures.models import Structure, StructureStatus
from tests.make import (
    a_public_structure,
    a_service,
    a_siret,
    a_structure,
    a_supplier,
    actor_of,
    an_account,
    an_administrator,
)

S = AttachmentStatus
ISSUED = Wish(Space.FACTURES_EMISES, Level.MODIFICATION)
RECEIVED = Wish(Space.FACTURES_RECUES, Level.CONSULTATION_UNIQUEMENT)


async def a_managed_structure() -> tuple[Structure, Account]:
    structure = await a_structure()
    return structure, await an_account(structure, display_name="Marie Principale")


async def a_request(structure: Structure, *wishes: Wish, **person: Any) -> Attachment:
    account = await an_account(**person)
    return await members.request(
        await actor_of(account), structure, message="Bonjour", wishes=wishes
    )


async def held(attachment: Attachment) -> frozenset[Permission]:
    return (await rights_of(attachment.member_id)).get(attachment.structure_id, frozenset())


async def letters() -> list[tuple[str, str]]:
    return sorted((mail.kind, mail.recipient) for mail, _ in await latest(500))


def rules(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, tuple[str, ...]]]:
    return [(p.rule, p.path) for p in refused.value.problems]


# Asking


async def test_a_request_by_siret_waits_and_opens_nothing(database: str, clock: Clock) -> None:
    structure, manager = await a_managed_structure()
    account = await an_account(display_name="Nadia Nouvelle")
    siret = structure.identifier

    asked = await request_by(
        await actor_of(account),
        identifier=f"{siret[:3]} {siret[3:9]} {siret[9:]}",
        message="  Je rejoins la comptabilité. ",
        wishes=[ISSUED],
    )

    assert (asked.status, asked.role, asked.message) == (
        S.EN_COURS_DE_VALIDATION,
        Role.USER,
        "Je rejoins la comptabilité.",
    )
    assert asked.asked_spaces == [
        {"space": "FACTURES_EMISES", "level": "MODIFICATION", "serviceId": None}
    ]
    assert await held(asked) == frozenset()
    assert await letters() == [("attachment_requested", manager.email)]
    ((_, letter),) = await latest()
    assert letter.subject == f"Nadia Nouvelle demande à être rattaché à {structure.name}"
    assert "Je rejoins la comptabilité." in letter.body


@pytest.mark.parametrize(
    ("case", "kind", "rule"),
    [
        ("unknown siret", NotFound, "BDR-REQ-001"),
        ("unknown id", NotFound, "BDR-REQ-001"),
        ("private structure by id", NotFound, "BDR-REQ-001"),
        ("overlong id", NotFound, "BDR-REQ-001"),
        ("inactive", Invalid, "BDR-MBR-002"),
        ("member already", Duplicate, "BDR-MBR-004"),
        ("asked already", Duplicate, "BDR-MBR-004"),
        ("deactivated", WrongStatus, "BDR-MBR-003"),
        ("message too long", Invalid, "BDR-TXT-001"),
        ("message that hides", Invalid, "BDR-TXT-003"),
        ("too many spaces", Invalid, "BDR-MBR-046"),
        ("twice the same space", Invalid, "BDR-MBR-043"),
        ("service of another", Invalid, "BDR-MBR-041"),
        ("connections on a service", Invalid, "BDR-MBR-042"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_and_leaves_nothing(
    database: str, case: str, kind: type[Refused], rule: str
) -> None:
    structure, _ = await a_managed_structure()
    own, foreign = await a_service(structure), await a_service(await a_structure())
    account = await an_account(*([structure] if case == "member already" else []), role=Role.USER)
    if case == "deactivated":
        account = await an_account(structure, role=Role.USER)
        async with events.transaction():
            await Attachment.filter(member_id=account.id).update(status=S.DESACTIVEE)
    if case == "asked already":
        await members.request(await actor_of(account), structure, message=None, wishes=())
    if case == "inactive":
        inactive = {"status": StructureStatus.INACTIVE}
        await actions.update_structure(an_administrator(), structure.id, inactive)
    asked: dict[str, dict[str, Any]] = {
        "unknown siret": {"identifier": a_siret()},
        "unknown id": {"structure_id": "str_00000000000000000000000000"},
        "private structure by id": {"structure_id": structure.id},
        "overlong id": {"structure_id": "str_" + "0" * 500},
        "message too long": {"message": "x" * 501},
        "message that hides": {"message": "a\u202eb"},
        "too many spaces": {"wishes": [ISSUED] * 51},
        "twice the same space": {"wishes": [ISSUED, Wish(ISSUED.space, RECEIVED.level)]},
        "service of another": {"wishes": [Wish(ISSUED.space, ISSUED.level, foreign.id)]},
        "connections on a service": {
            "wishes": [Wish(Space.RACCORDEMENTS, Level.MODIFICATION, own.id)]
        },
    }
    head, before = await events.head(), await letters()

    with pytest.raises(kind) as refused:
        await request_by(
            await actor_of(account), **({"identifier": structure.identifier} | asked.get(case, {}))
        )

    assert [p.rule for p in refused.value.problems] == [rule]
    assert (await events.head(), await letters()) == (head, before)


async def test_only_a_person_asks_to_be_attached(database: str) -> None:
    structure = await a_public_structure()
    machine = (await actor_of(await an_account())).__class__(
        "cli_00000000000000000000000001", ActorKind.CLIENT, "ERP"
    )

    with pytest.raises(Forbidden) as refused:
        await members.request(machine, structure, message=None, wishes=())

    assert rules(refused) == [("BDR-MBR-001", ())]


async def test_somebody_waits_for_a_few_structures_at_a_time_only(database: str) -> None:
    actor = await actor_of(await an_account())
    for _ in range(members.MOST_WAITING):
        await members.request(actor, await a_public_structure(), message=None, wishes=())

    with pytest.raises(Invalid) as refused:
        await members.request(actor, await a_public_structure(), message=None, wishes=())

    assert rules(refused) == [("BDR-MBR-005", ("structure",))]


async def test_who_was_refused_may_ask_again_and_keeps_one_attachment(database: str) -> None:
    structure, manager = await a_managed_structure()
    first = await a_request(structure)
    boss = await actor_of(manager)
    await members.decide(boss, [Decision(first.id, accept=False, comment="Qui êtes-vous ?")])
    person = await actor_of(await Account.get(id=first.member_id))

    again = await members.request(person, structure, message="Le nouveau comptable.", wishes=())

    assert (again.id, again.status, again.comment) == (first.id, S.EN_COURS_DE_VALIDATION, None)
    assert [e.kind for e in await events.of_subject(first.id)] == [
        "member.requested",
        "member.refused",
        "member.requested",
    ]


# Deciding


async def test_an_accepted_request_opens_what_was_asked_at_once(
    database: str, clock: Clock
) -> None:
    structure, manager = await a_managed_structure()
    asked = await a_request(structure, ISSUED)
    head = await events.head()

    (decided,) = await members.decide(
        await actor_of(manager), [Decision(asked.id, accept=True, comment="Bienvenue.")]
    )

    assert (decided.status, decided.role, decided.comment) == (S.VALIDEE, Role.USER, "Bienvenue.")
    assert (decided.decided_by, decided.asked_spaces) == (manager.id, None)
    assert decided.decided_at == clock.now()
    assert await held(decided) == {
        Permission.READ_STRUCTURE,
        Permission.READ_ISSUED,
        Permission.ISSUE,
    }
    (told,) = await events.after(head, limit=5)
    assert (told.kind, told.actor_name, told.on_behalf_of) == (
        "member.accepted",
        "Marie Principale",
        structure.id,
    )
    person = await Account.get(id=asked.member_id)
    assert events.visible(told, await actor_of(person))
    assert ("attachment_accepted", person.email) in await letters()


async def test_a_manager_gives_other_spaces_and_a_role_than_those_asked_for(database: str) -> None:
    structure, manager = await a_managed_structure()
    asked = await a_request(structure, ISSUED)
    given = Decision(asked.id, accept=True, role=Role.SECONDARY_MANAGER, wishes=[RECEIVED])

    (decided,) = await members.decide(await actor_of(manager), [given])

    assert decided.role is Role.SECONDARY_MANAGER
    kept = await Habilitation.filter(attachment_id=asked.id)
    assert [(h.space, h.level) for h in kept] == [(RECEIVED.space, RECEIVED.level)]


async def test_several_requests_are_decided_at_once(database: str) -> None:
    structure, manager = await a_managed_structure()
    asked = [await a_request(structure) for _ in range(3)]
    decisions = [
        Decision(asked[0].id, accept=True),
        Decision(asked[1].id, accept=False, comment="Inconnu."),
        Decision(asked[2].id, accept=True),
    ]

    decided = await members.decide(await actor_of(manager), decisions)

    assert [a.status for a in decided] == [S.VALIDEE, S.REFUSEE, S.VALIDEE]
    kinds = [kind for kind, _ in await letters()]
    assert (kinds.count("attachment_accepted"), kinds.count("attachment_refused")) == (2, 1)


async def test_one_wrong_decision_prevents_all_and_every_problem_is_told(database: str) -> None:
    structure, manager = await a_managed_structure()
    secondary = await an_account(structure, role=Role.SECONDARY_MANAGER)
    good, silent, closed, chief = [await a_request(structure) for _ in range(4)]
    foreign = await a_request((await a_managed_structure())[0])
    works = Wish(Space.FACTURES_DE_TRAVAUX, Level.MODIFICATION)
    decisions = [
        Decision(good.id, accept=True),
        Decision(silent.id, accept=False),
        Decision(foreign.id, accept=True),
        Decision(good.id, accept=True),
        Decision("att_unknown", accept=True),
        Decision(closed.id, accept=True, wishes=[works]),
        Decision(chief.id, accept=True, role=Role.SECONDARY_MANAGER),
    ]
    head, before = await events.head(), await letters()

    with pytest.raises(Invalid) as refused:
        await members.decide(await actor_of(secondary), decisions)

    assert rules(refused) == [
        ("BDR-MBR-028", ("decisions", "1", "comment")),
        ("BDR-REQ-001", ("decisions", "2", "id")),
        ("BDR-MBR-033", ("decisions", "3", "id")),
        ("BDR-REQ-001", ("decisions", "4", "id")),
        ("BDR-MBR-040", ("decisions", "5", "spaces", "0", "space")),
        ("BDR-MBR-025", ("decisions", "6", "role")),
    ]
    assert (await events.head(), await letters()) == (head, before)
    assert (await Attachment.get(id=good.id)).status == S.EN_COURS_DE_VALIDATION
    assert manager.id != secondary.id


@pytest.mark.parametrize("count", [0, 101, 10_000])
async def test_decisions_are_bounded(database: str, count: int) -> None:
    structure, manager = await a_managed_structure()
    one = await a_request(structure)

    with pytest.raises(Invalid) as refused:
        await members.decide(
            await actor_of(manager), [Decision(one.id, accept=True) for _ in range(count)]
        )

    assert rules(refused) == [("BDR-MBR-030" if count else "BDR-MBR-031", ("decisions",))]


async def test_of_two_managers_who_decide_together_one_is_told_that_it_is_done(
    database: str,
) -> None:
    structure, manager = await a_managed_structure()
    second = await an_account(structure, role=Role.SECONDARY_MANAGER)
    asked = await a_request(structure)

    async def decide(account: Account, *, accept: bool) -> Any:
        decision = Decision(asked.id, accept=accept, comment="Vu.")
        return await members.decide(await actor_of(account), [decision])

    answers = await asyncio.gather(
        decide(manager, accept=True), decide(second, accept=False), return_exceptions=True
    )

    (refused,) = [a for a in answers if isinstance(a, Refused)]
    assert [p.rule for p in refused.problems] in (["BDR-MBR-020"], ["BDR-MBR-026"])
    kinds = [e.kind for e in await events.of_subject(asked.id)]
    assert len(kinds) == 2


async def test_nobody_decides_on_its_own_request_not_even_an_administrator(database: str) -> None:
    structure = await a_public_structure()
    account = await an_account(is_administrator=True)
    actor = await actor_of(account)
    asked = await members.request(actor, structure, message=None, wishes=())

    with pytest.raises(Invalid) as refused:
        await members.decide(actor, [Decision(asked.id, accept=True)])

    assert [p.rule for p in refused.value.problems] == ["BDR-MBR-022"]


async def test_an_administrator_decides_where_nobody_manages_and_makes_a_main_manager(
    database: str,
) -> None:
    structure = await a_public_structure()
    site = await actor_of(await an_account(is_administrator=True))
    first, second = await a_request(structure), await a_request(structure)

    (decided,) = await members.decide(site, [Decision(first.id, accept=True)])
    with pytest.raises(Invalid) as refused:
        await members.decide(site, [Decision(second.id, accept=True)])

    assert (decided.role, decided.status) == (Role.MAIN_MANAGER, S.VALIDEE)
    assert Permission.HAND_OVER in await held(decided)
    assert [p.rule for p in refused.value.problems] == ["BDR-MBR-022"]


async def test_a_bulk_decision_makes_one_main_manager_never_two(database: str) -> None:
    structure = await a_public_structure()
    site = await actor_of(await an_account(is_administrator=True))
    asked = [await a_request(structure) for _ in range(2)]

    with pytest.raises(Invalid) as refused:
        await members.decide(site, [Decision(a.id, accept=True) for a in asked])

    assert rules(refused) == [("BDR-MBR-022", ("decisions", "1", "id"))]
    assert await Attachment.filter(role=Role.MAIN_MANAGER).count() == 0


async def test_whoever_asked_may_withdraw_and_nobody_else(database: str) -> None:
    structure, manager = await a_managed_structure()
    asked = await a_request(structure)
    person = await actor_of(await Account.get(id=asked.member_id))

    with pytest.raises(Forbidden):
        await members.cancel(await actor_of(manager), asked.id)
    with pytest.raises(NotFound):
        await members.cancel(await actor_of(await an_account()), asked.id)
    cancelled = await members.cancel(person, asked.id)
    with pytest.raises(WrongStatus):
        await members.cancel(person, asked.id)

    assert (cancelled.status, cancelled.asked_spaces) == (S.SUPPRIMEE, None)


# Members


async def test_a_deactivated_member_finds_its_spaces_again_a_removed_one_does_not(
    database: str,
) -> None:
    structure, manager = await a_managed_structure()
    boss = await actor_of(manager)
    member = await an_account(structure, role=Role.USER, spaces=[(ISSUED.space, ISSUED.level)])
    attachment = await Attachment.get(member_id=member.id)
    before = await held(attachment)
    seen = []

    for action in (MemberAction.DEACTIVATE, MemberAction.REACTIVATE, MemberAction.REMOVE):
        comment = "En congé." if action is MemberAction.DEACTIVATE else None
        moved = await members.end_or_resume(boss, attachment.id, action, comment=comment)
        seen.append((moved.status, moved.comment, await held(attachment)))

    assert seen == [
        (S.DESACTIVEE, "En congé.", frozenset()),
        (S.VALIDEE, None, before),
        (S.SUPPRIMEE, None, frozenset()),
    ]
    assert await Habilitation.filter(attachment_id=attachment.id).count() == 0
    told = [kind for kind, to in await letters() if to == member.email]
    assert told == ["attachment_deactivated", "attachment_reactivated", "attachment_removed"]


async def test_the_main_manager_cannot_leave_and_a_member_can(database: str) -> None:
    structure, manager = await a_managed_structure()
    member = await an_account(structure, role=Role.USER)
    own = {a.member_id: a.id for a in await Attachment.filter(structure_id=structure.id)}

    with pytest.raises(Forbidden) as refused:
        await members.end_or_resume(
            await actor_of(manager), own[manager.id], MemberAction.LEAVE, comment=None
        )
    left = await members.end_or_resume(
        await actor_of(member), own[member.id], MemberAction.LEAVE, comment=None
    )

    assert rules(refused) == [("BDR-MBR-024", ("id",))]
    assert left.status == S.SUPPRIMEE
    assert await letters() == [("attachment_left", manager.email)]


async def test_a_secondary_manager_neither_promotes_itself_nor_touches_its_peers(
    database: str,
) -> None:
    structure, manager = await a_managed_structure()
    one = await an_account(structure, role=Role.SECONDARY_MANAGER)
    other = await an_account(structure, role=Role.SECONDARY_MANAGER)
    own = {a.member_id: a.id for a in await Attachment.filter(structure_id=structure.id)}
    actor = await actor_of(one)
    head = await events.head()

    for account, role in ((one, Role.MAIN_MANAGER), (other, Role.USER), (manager, Role.USER)):
        with pytest.raises(Forbidden) as refused:
            await members.change_role(actor, own[account.id], role)
        assert rules(refused) == [("BDR-MBR-025", ("id",))]
    for account in (one, other, manager):
        with pytest.raises(Forbidden) as refused:
            await members.end_or_resume(
                actor, own[account.id], MemberAction.DEACTIVATE, comment=None
            )
        assert rules(refused) == [("BDR-MBR-023", ("id",))]

    assert await events.head() == head


@pytest.mark.parametrize("role", [Role.MAIN_MANAGER, Role.TECHNICAL, Role.ADMINISTRATOR])
async def test_a_role_that_is_not_given_is_refused(database: str, role: Role) -> None:
    structure, manager = await a_managed_structure()
    member = await Attachment.get(member_id=(await an_account(structure, role=Role.USER)).id)

    with pytest.raises(Invalid) as refused:
        await members.change_role(await actor_of(manager), member.id, role)

    assert rules(refused) == [("BDR-MBR-032", ("role",))]


async def test_a_change_on_an_attachment_that_changed_meanwhile_is_refused(database: str) -> None:
    structure, manager = await a_managed_structure()
    boss = await actor_of(manager)
    member = await Attachment.get(member_id=(await an_account(structure, role=Role.USER)).id)
    await members.set_spaces(boss, member.id, [ISSUED], expected_version=0)

    with pytest.raises(Conflict):
        await members.change_role(boss, member.id, Role.SECONDARY_MANAGER, expected_version=0)
    changed = await members.change_role(boss, member.id, Role.SECONDARY_MANAGER, expected_version=1)

    assert (changed.role, changed.event_count) == (Role.SECONDARY_MANAGER, 2)


async def test_setting_what_is_set_already_tells_nothing(database: str) -> None:
    structure, manager = await a_managed_structure()
    boss = await actor_of(manager)
    spaces = [(ISSUED.space, ISSUED.level)]
    account = await an_account(structure, role=Role.USER, spaces=spaces)
    member = await Attachment.get(member_id=account.id)
    head = await events.head()

    await members.set_spaces(boss, member.id, [ISSUED])
    await members.change_role(boss, member.id, Role.USER)

    assert (await events.head(), await letters()) == (head, [])


async def test_a_member_asks_for_spaces_and_keeps_those_it_has(database: str) -> None:
    structure, manager = await a_managed_structure()
    boss = await actor_of(manager)
    account = await an_account(structure, role=Role.USER, spaces=[(ISSUED.space, ISSUED.level)])
    person = await actor_of(account)

    asked = await members.ask_spaces(person, structure.id, [RECEIVED], message="Pour suivre.")
    waiting = await held(asked)
    await members.decide(boss, [Decision(asked.id, accept=True)])
    with pytest.raises(Invalid) as refused:
        await members.decide(boss, [Decision(asked.id, accept=True)])

    assert Permission.READ_RECEIVED not in waiting
    assert {Permission.ISSUE, Permission.READ_RECEIVED} <= await held(asked)
    assert [p.rule for p in refused.value.problems] == ["BDR-MBR-026"]
    assert [kind for kind, _ in await letters()] == ["spaces_accepted", "spaces_requested"]


async def test_a_structure_of_others_is_not_found_by_who_asks_for_spaces(database: str) -> None:
    structure, _ = await a_managed_structure()
    person = await actor_of(await an_account())

    for unknown in (structure.id, "str_unknown", "str_" + "0" * 400):
        with pytest.raises(NotFound):
            await members.ask_spaces(person, unknown, [ISSUED], message=None)


async def test_namesakes_are_two_people(database: str) -> None:
    structure, manager = await a_managed_structure()
    one = await a_request(structure, display_name="Jean Dupont")
    other = await a_request(structure, display_name="Jean Dupont")

    await members.decide(await actor_of(manager), [Decision(one.id, accept=True)])

    assert (await Attachment.get(id=one.id)).status == S.VALIDEE
    assert (await Attachment.get(id=other.id)).status == S.EN_COURS_DE_VALIDATION
    bodies = [words.body for mail, words in await latest() if mail.kind == "attachment_requested"]
    emails = {(await Account.get(id=a.member_id)).email for a in (one, other)}
    assert {email for email in emails for body in bodies if email in body} == emails


async def test_caches_forget_once_a_change_is_committed_and_not_before(database: str) -> None:
    structure, manager = await a_managed_structure()
    asked = await a_request(structure)
    forgotten: list[tuple[str, int]] = []
    inside = [True]
    on_rights_changed(lambda member: forgotten.append((member, inside[0])))
    boss = await actor_of(manager)

    async with events.transaction():
        await members.decide(boss, [Decision(asked.id, accept=True)])
        assert forgotten == []
        inside[0] = False

    assert (asked.member_id, False) in forgotten


async def test_a_refused_transaction_forgets_nothing(database: str) -> None:
    structure, manager = await a_managed_structure()
    asked = await a_request(structure)
    forgotten: list[str] = []
    on_rights_changed(forgotten.append)

    with pytest.raises(Invalid):
        await members.decide(
            await actor_of(manager),
            [Decision(asked.id, accept=True), Decision("att_x", accept=True)],
        )

    assert forgotten == []


async def test_a_structure_has_one_main_manager_whatever_is_done(database: str) -> None:
    structure = await a_supplier()
    account = await an_account()

    with pytest.raises(Exception, match=r"(?i)unique"):
        async with events.transaction():
            await Attachment.create(
                id="att_00000000000000000000000000",
                member_id=account.id,
                structure_id=structure.id,
                role=Role.MAIN_MANAGER,
                status=S.VALIDEE,
                created_at=structure.created_at,
                updated_at=structure.created_at,
            )

    rows = await fetch("SELECT member_id FROM attachment WHERE role = 'MAIN_MANAGER'")
    assert len(rows) == 1
