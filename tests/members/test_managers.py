"""The main manager: handed over, or replaced when it vanished."""

from __future__ import annotations

import asyncio

import pytest

from domain import events
from domain.access import Permission, Role
from domain.accounts.actions import rights_of
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.errors import Forbidden, Invalid, NotFound, Refused
from domain.mail.actions import latest
from domain.structures import managers, members
from domain.structures.models import Structure
from tests.make import a_structure, actor_of, an_account, an_actor, an_administrator

S = AttachmentStatus


async def a_team() -> tuple[Structure, Account, Account]:
    """A structure, its main manager and a user."""
    structure = await a_structure()
    main = await an_account(structure, display_name="Marie Principale")
    return structure, main, await an_account(structure, role=Role.USER, display_name="Luc Suivant")


async def of(account: Account, structure: Structure) -> Attachment:
    return await Attachment.get(member_id=account.id, structure_id=structure.id)


async def letters() -> list[tuple[str, str]]:
    return sorted((mail.kind, mail.recipient) for mail, _ in await latest(500))


async def test_the_main_management_is_handed_over_and_both_are_told(database: str) -> None:
    structure, main, user = await a_team()
    third = await an_account(structure, role=Role.SECONDARY_MANAGER)
    target = await of(user, structure)

    await managers.hand_over(
        await actor_of(main), structure.id, target.id, comment="Je pars à la retraite."
    )

    assert [(await of(a, structure)).role for a in (main, user)] == [
        Role.SECONDARY_MANAGER,
        Role.MAIN_MANAGER,
    ]
    assert Permission.HAND_OVER in (await rights_of(user.id))[structure.id]
    assert Permission.HAND_OVER not in (await rights_of(main.id))[structure.id]
    assert await letters() == sorted(
        [
            ("main_manager_changed", third.email),
            ("main_manager_gained", user.email),
            ("main_manager_given_up", main.email),
        ]
    )
    (*_, told) = await events.of_subject(structure.id)
    assert told.kind == "structure.main_manager_changed"
    assert told.data["mainManager"]["memberName"] == "Luc Suivant"
    assert told.data["mainManager"]["formerMemberName"] == "Marie Principale"
    for account in (main, user, third):
        assert events.visible(told, await actor_of(account))


@pytest.mark.parametrize(
    ("case", "kind", "rule"),
    [
        ("itself", Invalid, "BDR-MBR-051"),
        ("asks only", Invalid, "BDR-MBR-051"),
        ("deactivated", Invalid, "BDR-MBR-051"),
        ("technical account", Invalid, "BDR-MBR-053"),
        ("account closed", Invalid, "BDR-MBR-053"),
        ("of another structure", NotFound, "BDR-REQ-001"),
        ("unknown", NotFound, "BDR-REQ-001"),
        ("by a secondary manager", Forbidden, "BDR-REQ-002"),
        ("by a stranger", NotFound, "BDR-REQ-001"),
        ("comment too long", Invalid, "BDR-TXT-001"),
    ],
)
async def test_a_hand_over_that_cannot_be_is_refused(
    database: str, case: str, kind: type[Refused], rule: str
) -> None:
    structure, main, user = await a_team()
    other, _, foreigner = await a_team()
    target = (await of(user, structure)).id
    actor = await actor_of(main)
    if case == "itself":
        target = (await of(main, structure)).id
    elif case in ("asks only", "deactivated"):
        status = S.DESACTIVEE if case == "deactivated" else S.EN_COURS_DE_VALIDATION
        async with events.transaction():
            await Attachment.filter(id=target).update(status=status)
    elif case == "technical account":
        async with events.transaction():
            await Attachment.filter(id=target).update(member_id="cli_0000000000000000000000000a")
    elif case == "account closed":
        async with events.transaction():
            await Account.filter(id=user.id).update(status=AccountStatus.DISABLED)
    elif case == "of another structure":
        target = (await of(foreigner, other)).id
    elif case == "unknown":
        target = "att_" + "0" * 300
    elif case == "by a secondary manager":
        actor = await actor_of(await an_account(structure, role=Role.SECONDARY_MANAGER))
    elif case == "by a stranger":
        actor = await actor_of(foreigner)
    head = await events.head()

    with pytest.raises(kind) as refused:
        comment = "x" * 501 if case.startswith("comment") else None
        await managers.hand_over(actor, structure.id, target, comment=comment)

    assert [p.rule for p in refused.value.problems] == [rule]
    assert (await events.head(), await letters()) == (head, [])


async def test_of_two_hand_overs_at_the_same_time_one_is_done(database: str) -> None:
    structure, main, first = await a_team()
    second = await an_account(structure, role=Role.USER)
    actor = await actor_of(main)
    targets = [(await of(account, structure)).id for account in (first, second)]

    answers = await asyncio.gather(
        *(managers.hand_over(actor, structure.id, one, comment=None) for one in targets),
        return_exceptions=True,
    )

    (refused,) = [a for a in answers if isinstance(a, Refused)]
    assert [p.rule for p in refused.problems] == ["BDR-MBR-050"]
    roles = [a.role for a in await Attachment.filter(structure_id=structure.id)]
    assert roles.count(Role.MAIN_MANAGER) == 1


async def test_an_administrator_replaces_a_vanished_main_manager(database: str) -> None:
    structure, main, user = await a_team()
    target = await of(user, structure)

    await managers.replace_main_manager(
        an_administrator(), structure.id, target.id, reason="Parti sans passer la main."
    )

    former, new = await of(main, structure), await of(user, structure)
    assert (new.role, new.status) == (Role.MAIN_MANAGER, S.VALIDEE)
    assert (former.role, former.status) == (Role.SECONDARY_MANAGER, S.DESACTIVEE)
    assert structure.id not in await rights_of(main.id)
    assert await letters() == sorted(
        [("main_manager_gained", user.email), ("main_manager_replaced", main.email)]
    )
    letter = next(w for m, w in await latest() if m.kind == "main_manager_replaced")
    assert "Parti sans passer la main." in letter.body


async def test_somebody_whose_request_waits_may_replace_it(database: str) -> None:
    structure = await a_structure()
    await an_account(structure)
    newcomer = await an_account()
    asked = await members.request(await actor_of(newcomer), structure, message=None, wishes=())

    await managers.replace_main_manager(
        an_administrator(), structure.id, asked.id, reason="Le gérant est décédé."
    )

    assert Permission.SIGN_MANDATE in (await rights_of(newcomer.id))[structure.id]


async def test_a_replacement_needs_a_reason_and_an_administrator(database: str) -> None:
    structure, main, user = await a_team()
    target = await of(user, structure)

    with pytest.raises(Invalid) as silent:
        await managers.replace_main_manager(
            an_administrator(), structure.id, target.id, reason="  "
        )
    with pytest.raises(Forbidden):
        await managers.replace_main_manager(
            await actor_of(main), structure.id, target.id, reason="Pour voir."
        )
    with pytest.raises(Invalid) as same:
        main_id = (await of(main, structure)).id
        await managers.replace_main_manager(
            an_administrator(), structure.id, main_id, reason="Pour voir."
        )

    assert [p.rule for p in silent.value.problems] == ["BDR-MBR-028"]
    assert [p.rule for p in same.value.problems] == ["BDR-MBR-052"]


async def test_an_administrator_does_not_make_itself_main_manager(database: str) -> None:
    structure, _, _ = await a_team()
    account = await an_account(structure, role=Role.USER, is_administrator=True)
    target = await of(account, structure)

    with pytest.raises(Forbidden) as refused:
        await managers.replace_main_manager(
            await actor_of(account), structure.id, target.id, reason="Moi."
        )

    assert [p.rule for p in refused.value.problems] == ["BDR-MBR-021"]


async def test_the_structures_that_somebody_must_hand_over_are_known(database: str) -> None:
    structure, main, user = await a_team()

    assert await managers.sole_manager_of(main.id) == [structure.id]
    assert await managers.sole_manager_of(user.id) == []
    assert an_actor(structure).may(Permission.HAND_OVER, structure.id)
