"""The table of attachments: what it offers is what the actions accept, whoever asks."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

from domain import events
from domain.access import SPACE_GRANTS, Actor, Level, Role, Space
from domain.accounts.membership import (
    STEPS,
    AttachmentStatus,
    MemberAction,
    MemberParty,
    offered,
    parties,
)
from domain.accounts.models import Account, Attachment
from domain.catalogue import EVENT_KINDS
from domain.errors import Refused
from domain.labels import ENUMS
from domain.rules_text import RULES
from domain.structures import members
from domain.structures.members import Decision, Wish, facts_of
from domain.structures.models import Structure
from tests.make import a_structure, actor_of, an_account
from tests.undone import undone

A, S = MemberAction, AttachmentStatus
WISH = [Wish(Space.FACTURES_EMISES, Level.MODIFICATION)]
OTHER = [Wish(Space.FACTURES_RECUES, Level.MODIFICATION)]


def test_every_action_has_a_row_a_label_and_an_event() -> None:
    assert {step.action for step in STEPS} == set(MemberAction)
    assert {step.by for step in STEPS} == set(MemberParty)
    assert {step.event for step in STEPS} <= EVENT_KINDS.keys()
    assert {step.only_if.rule for step in STEPS} <= RULES.keys()
    assert set(MemberAction) == ENUMS[MemberAction].keys()


def test_every_state_is_reached_and_the_two_ends_may_be_asked_out_of() -> None:
    reached = {step.to for step in STEPS if step.to is not None}

    assert reached | {S.EN_COURS_DE_VALIDATION} == set(S)
    assert {s for s in S if not any(s in step.frm for step in STEPS)} == {S.REFUSEE, S.SUPPRIMEE}


def test_the_spaces_that_grant_nothing_are_those_without_a_subject() -> None:
    granting = {space for space, _ in SPACE_GRANTS}

    assert set(Space) - granting == {Space.SOLLICITATIONS}


@dataclass
class Stage:
    """A structure, an attachment in it that is put in every state, and those who look at it."""

    structure: Structure
    attachment: Attachment
    viewers: dict[str, Actor]

    async def put(self, status: S, role: Role, *, waits: bool) -> Attachment:
        async with events.transaction():
            await Attachment.filter(id=self.attachment.id).update(
                status=status, role=role, asked_spaces=[WISH[0].as_json()] if waits else None
            )
        return await Attachment.get(id=self.attachment.id)


async def a_stage(*, is_managed: bool) -> Stage:
    structure = await a_structure()
    member = await an_account(structure, role=Role.USER)
    people: dict[str, Account] = {
        "secondary": await an_account(structure, role=Role.SECONDARY_MANAGER),
        "user": await an_account(structure, role=Role.USER),
        "stranger": await an_account(),
        "administrator": await an_account(is_administrator=True),
        "itself": member,
    }
    if is_managed:
        people["main"] = await an_account(structure, role=Role.MAIN_MANAGER)
    attachment = await Attachment.get(member_id=member.id)
    return Stage(structure, attachment, {n: await actor_of(p) for n, p in people.items()})


def verbs(actor: Actor, attachment: Attachment) -> dict[A, Awaitable[object]]:
    """How each action is asked for, with all that it may need."""
    one = attachment.id
    other = Role.USER if attachment.role is Role.SECONDARY_MANAGER else Role.SECONDARY_MANAGER
    return {
        A.ACCEPT: members.decide(actor, [Decision(one, accept=True)]),
        A.REFUSE: members.decide(actor, [Decision(one, accept=False, comment="Non.")]),
        A.CANCEL: members.cancel(actor, one),
        A.CHANGE_ROLE: members.change_role(actor, one, other),
        A.SET_SPACES: members.set_spaces(actor, one, OTHER),
        A.ASK_SPACES: members.ask_spaces(actor, attachment.structure_id, WISH, message=None),
        **{
            action: members.end_or_resume(actor, one, action, comment=None)
            for action in (A.DEACTIVATE, A.REACTIVATE, A.REMOVE, A.LEAVE)
        },
    }


async def accepted(actor: Actor, attachment: Attachment) -> set[A]:
    """The actions that go through; each is undone. A refusal tells nothing."""
    done = set()
    head = await events.head()
    for action, verb in verbs(actor, attachment).items():
        with suppress(Refused):
            async with undone():
                acted = await verb
                found = acted[0] if isinstance(acted, list) else acted
                assert isinstance(found, Attachment)
                # Whoever asks for spaces asks for its own attachment.
                if found.id == attachment.id:
                    done.add(action)
    assert await events.head() == head
    return done


async def test_what_is_offered_is_what_is_accepted(database: str) -> None:
    """Every state × role × viewer, with and without a main manager, with and without a wish."""
    differences = []
    roles = (Role.MAIN_MANAGER, Role.SECONDARY_MANAGER, Role.USER, Role.TECHNICAL)
    seen = 0
    for is_managed in (True, False):
        stage = await a_stage(is_managed=is_managed)
        for status, role, waits in product(S, roles, (False, True)):
            if role is Role.MAIN_MANAGER and is_managed and status is S.VALIDEE:
                continue  # There is one already.
            if waits and status is not S.VALIDEE:
                continue
            attachment = await stage.put(status, role, waits=waits)
            for name, actor in stage.viewers.items():
                has_manager = is_managed or (role is Role.MAIN_MANAGER and status is S.VALIDEE)
                facts = facts_of(
                    actor,
                    member_id=attachment.member_id,
                    structure_id=stage.structure.id,
                    role=role,
                    waits=waits,
                    has_manager=has_manager,
                )
                mine = parties(actor, attachment.member_id, stage.structure.id)
                shown = set(offered(status, mine, facts))
                done = await accepted(actor, attachment)
                seen += 1
                if shown != done:
                    differences.append((is_managed, status, role, waits, name, shown ^ done))

    assert differences == []
    assert seen > 250
