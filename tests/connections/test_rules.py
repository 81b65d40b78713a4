"""What a machine may hold, and the life of a connection, as tables."""

from __future__ import annotations

import pytest

from domain.access import GRANTS, Level, Permission, Role, Space, grants_of
from domain.catalogue import EVENT_KINDS
from domain.connections.models import ConnectionStatus as S
from domain.connections.rules import (
    MACHINE_SCOPES,
    NEVER_BY_MACHINES,
    Grant,
    grant_problems,
    permissions_of,
    scope_problems,
)
from domain.connections.steps import (
    NEEDS,
    STEPS,
    ConnectionAction,
    ConnectionSide,
    offers,
)
from domain.mail.texts import MAILS
from domain.rules_text import RULES
from tests.make import a_siret, an_actor

EVERY_SPACE = [(space, level) for space in Space for level in Level]
BINDS_A_PERSON = {
    Permission.SIGN_MANDATE,
    Permission.MANAGE_MEMBERS,
    Permission.HAND_OVER,
    Permission.ADMINISTER,
    Permission.MANAGE_CONNECTIONS,
}


def test_no_space_gives_a_machine_what_binds_a_person() -> None:
    held = grants_of(Role.TECHNICAL, EVERY_SPACE)

    assert held & NEVER_BY_MACHINES == set()
    assert BINDS_A_PERSON <= NEVER_BY_MACHINES


def test_the_scopes_of_machines_are_what_their_spaces_can_give() -> None:
    assert {p.value for p in MACHINE_SCOPES} == {
        "invoice:read_issued",
        "invoice:issue",
        "invoice:read_received",
        "invoice:process",
        "invoice:read_to_validate",
        "invoice:validate",
        "works:read",
        "works:act",
        "memo:read",
        "memo:act",
        "refund:read",
        "refund:act",
        "contract:read",
        "structure:read",
        "webhook:read",
        "webhook:manage",
    }


def test_grants_never_open_more_than_the_scopes_of_machines() -> None:
    assert permissions_of(Grant(*pair) for pair in EVERY_SPACE) == MACHINE_SCOPES


@pytest.mark.parametrize("scope", [*sorted(NEVER_BY_MACHINES), "openid", "invoice:eat", "", "*"])
def test_a_scope_that_is_not_for_machines_is_refused_even_to_who_holds_it(scope: str) -> None:
    structure = f"str_{a_siret()}"
    everything = an_actor(structure, permissions=Permission)

    (found,) = scope_problems(everything, structure, [scope])

    assert (found.rule, found.path) == ("BDR-CNX-003", ("scopes", "0"))


@pytest.mark.parametrize("permission", sorted(MACHINE_SCOPES))
def test_nobody_gives_a_scope_that_it_does_not_hold(permission: Permission) -> None:
    held = frozenset(Permission) - {permission}
    author = an_actor("str_1", permissions=held)

    (found,) = scope_problems(author, "str_1", [permission.value])

    assert (found.rule, found.code) == ("BDR-CNX-004", "FORBIDDEN")
    holder = an_actor("str_1", permissions=[permission])
    assert list(scope_problems(holder, "str_1", [permission.value])) == []


def test_nobody_gives_a_space_that_opens_more_than_it_holds() -> None:
    reader = an_actor("str_1", permissions=[Permission.READ_ISSUED])
    read = Grant(Space.FACTURES_EMISES, Level.CONSULTATION_UNIQUEMENT)
    write = Grant(Space.FACTURES_EMISES, Level.MODIFICATION)

    assert list(grant_problems(reader, "str_1", [read])) == []
    assert [p.params["scope"] for p in grant_problems(reader, "str_1", [write])] == [
        "invoice:issue"
    ]
    assert [p.rule for p in grant_problems(reader, "str_2", [read])] == ["BDR-CNX-004"]


def test_a_space_is_given_once() -> None:
    manager = an_actor("str_1")
    both = [Grant(Space.RACCORDEMENTS, level) for level in Level]

    (found,) = grant_problems(manager, "str_1", both)

    assert (found.rule, found.path) == ("BDR-CNX-005", ("spaces", "1"))


# The table of steps


def test_every_status_is_reached_and_only_two_are_ends() -> None:
    reached, waiting = set[S](), {S.REQUESTED}
    while waiting:
        reached |= waiting
        waiting = {s.to for s in STEPS if s.frm & waiting} - reached

    assert reached == set(S)
    assert {status for status in S if not any(status in s.frm for s in STEPS)} == {
        S.REFUSED,
        S.CLOSED,
    }


def test_every_action_has_a_row_and_no_two_hold_for_one_side_in_one_status() -> None:
    assert {step.action for step in STEPS} == set(ConnectionAction)
    keys = [(status, step.action, step.by) for step in STEPS for status in step.frm]
    assert len(keys) == len(set(keys))


def test_every_step_is_told_and_written_about() -> None:
    for step in STEPS:
        assert EVENT_KINDS[step.event].subject == "connection"
        assert step.mail in MAILS


def test_the_sides_that_act_hold_what_some_role_grants() -> None:
    acting = {step.by for step in STEPS} - {ConnectionSide.PLATFORM}

    assert acting == NEEDS.keys()
    for needed in NEEDS.values():
        assert any(needed in held for held in GRANTS.values())


@pytest.mark.parametrize("by_site", [False, True])
def test_what_the_site_suspended_is_offered_to_the_structure_with_the_reason_why_not(
    by_site: bool,
) -> None:
    found = {
        offer.step.action: offer.refused_by
        for offer in offers(S.SUSPENDED, [ConnectionSide.STRUCTURE], suspended_by_site=by_site)
    }

    assert found == {
        ConnectionAction.RESUME: "BDR-CNX-011" if by_site else None,
        ConnectionAction.CLOSE: None,
    }
    assert "BDR-CNX-011" in RULES
