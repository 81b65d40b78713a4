"""A contract is proposed, agreed by its parties and closed; each sees its part of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from domain.access import Role
from domain.clock import today
from domain.contracts import actions
from domain.contracts.codes import ContractRole, ContractRoleStatus
from domain.contracts.models import Contract
from domain.contracts.queries import readers_of
from domain.events import head
from tests.api import door
from tests.contracts.asking import (
    ANSWER,
    LIST,
    MOVE,
    PROPOSE,
    READ,
    a_request,
    actors_of,
    kinds_seen,
    own_role,
)
from tests.contracts.kit import a_circle, a_proposal, changed, in_force, of_a_group, roles_of
from tests.make import a_structure, an_actor, an_administrator

R = ContractRole


async def test_a_contract_is_in_force_once_the_holder_the_manager_and_the_authority_accepted(
    database: str,
) -> None:
    circle = await a_circle()
    async with door(actors_of(circle)) as ask:
        request = a_request(circle.holder, of_a_group(circle))
        made = (await ask("holder", PROPOSE, {"input": request})).payload
        identifier = made["contract"]["id"]
        statuses = []
        for part in ("manager", "co_contractor", "authority"):
            row = await own_role(ask, part, identifier, circle.all()[part])
            asked = {"party": row["id"], "action": "ACCEPT"}
            answer = await ask(part, ANSWER, {"input": asked})
            assert answer.user_errors == []
            statuses.append(answer.payload["contract"]["status"])
        kinds = await kinds_seen(ask, "authority", identifier)

    assert made["userErrors"] == []
    nodes = made["contract"]["terms"]["parties"]["nodes"]
    # Who proposes agrees to its own role by doing so.
    accepted = [n["role"] for n in nodes if n["status"] == "ACCEPTED"]
    assert (made["contract"]["status"], accepted) == ("PROPOSED", ["GROUP_AGENT"])
    assert statuses == ["PROPOSED", "PROPOSED", "IN_FORCE"]
    accepts = ["contract.role_accepted"] * 3
    assert kinds == _kinds("contract.proposed", *accepts, "contract.agreed")


def _kinds(*kinds: str) -> list[str]:
    return [kind.replace(".", "_").upper() for kind in kinds]


@pytest.mark.parametrize("part", ["manager", "finance", "co_contractor", "subcontractor"])
async def test_only_the_holders_side_and_the_authority_propose(database: str, part: str) -> None:
    circle = await a_circle()
    before = await head()
    async with door(actors_of(circle)) as ask:
        request = a_request(circle.all()[part], of_a_group(circle))
        refused = await ask(part, PROPOSE, {"input": request})
        foreign = await ask(part, PROPOSE, {"input": request | {"structureId": circle.holder.id}})

    assert refused.user_errors == [("FORBIDDEN", ["structureId"])]
    assert foreign.user_errors == [("NOT_FOUND", ["structureId"])]
    assert await Contract.all().count() == 0
    assert await head() == before


async def test_a_member_without_the_right_proposes_nothing(database: str) -> None:
    circle = await a_circle()
    member = an_actor(circle.authority, role=Role.USER)
    async with door({"member": member}) as ask:
        request = a_request(circle.authority, of_a_group(circle))
        answer = await ask("member", PROPOSE, {"input": request})

    assert (answer.status, answer.codes) == (403, ["FORBIDDEN"])
    assert await Contract.all().count() == 0


async def test_each_participant_sees_the_roles_that_concern_it(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    everyone = {
        "CONTRACTING_AUTHORITY",
        "PROJECT_MANAGER",
        "FINANCE_SERVICE",
        "GROUP_AGENT",
    }
    seen: dict[str, set[tuple[str, str | None]]] = {}
    async with door(actors_of(circle) | {"stranger": an_actor(await a_structure())}) as ask:
        for part in circle.all():
            answer = (await ask(part, READ, {"id": contract.id})).payload
            nodes = answer["terms"]["parties"]["nodes"]
            seen[part] = {(n["role"], n["ceiling"]) for n in nodes}
        stranger = (await ask("stranger", READ, {"id": contract.id})).payload

    subcontractors = {("SUBCONTRACTOR", "10000.00"), ("SUBCONTRACTOR", "5000.00")}
    common = {(name, None) for name in everyone}
    whole = common | {("CO_CONTRACTOR", None)} | subcontractors
    assert stranger is None
    for part in ("authority", "manager", "finance", "holder"):
        assert seen[part] == whole, part
    assert seen["co_contractor"] == common | {
        ("CO_CONTRACTOR", None),
        ("SUBCONTRACTOR", "5000.00"),
    }
    assert seen["subcontractor"] == common | {("SUBCONTRACTOR", "10000.00")}
    # It works for the co-contractor, whom it sees.
    assert seen["other"] == common | {("CO_CONTRACTOR", None), ("SUBCONTRACTOR", "5000.00")}


async def test_events_are_told_to_whom_the_roles_are_shown(database: str) -> None:
    """The rule that chooses readers of events is the condition that chooses rows."""
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    rows = await roles_of(contract)
    shown: dict[str, set[str]] = {row.id: set() for row in rows}
    async with door(actors_of(circle)) as ask:
        for part, structure in circle.all().items():
            answer = (await ask(part, READ, {"id": contract.id})).payload
            for node in answer["terms"]["parties"]["nodes"]:
                shown[node["id"]].add(structure.id)

    assert {row.id: set(readers_of(row, rows)) for row in rows} == shown


async def test_nobody_is_told_of_the_ceilings_of_others(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    async with door(actors_of(circle)) as ask:
        own = await kinds_seen(ask, "subcontractor", contract.id)
        whole = await kinds_seen(ask, "authority", contract.id)

    admitted = "CONTRACT_SUBCONTRACTOR_ADMITTED"
    assert (own.count(admitted), whole.count(admitted)) == (1, 2)
    # Nor of the answers of the co-contractor and of its subcontractor.
    answers = "CONTRACT_ROLE_ACCEPTED"
    assert whole.count(answers) - own.count(answers) == 2


async def test_a_role_is_answered_by_its_structure_alone(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    row = next(r for r in await roles_of(contract) if r.role is R.PROJECT_MANAGER)
    stranger_of = an_actor(await a_structure())
    before = await head()
    async with door(actors_of(circle) | {"stranger": stranger_of}) as ask:
        asked = {"party": row.id, "action": "ACCEPT"}
        other = await ask("holder", ANSWER, {"input": asked})
        stranger = await ask("stranger", ANSWER, {"input": asked})

    assert other.user_errors == [("FORBIDDEN", ["action"])]
    assert stranger.user_errors == [("NOT_FOUND", ["party"])]
    await row.refresh_from_db()
    assert row.status is ContractRoleStatus.PROPOSED
    assert await head() == before


async def test_a_role_that_one_does_not_see_is_not_found(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    row = next(r for r in await roles_of(contract) if r.structure_id == circle.other.id)
    asked = {"input": {"party": row.id, "action": "ACCEPT"}}
    async with door(actors_of(circle)) as ask:
        competitor = await ask("subcontractor", ANSWER, asked)
        principal = await ask("co_contractor", ANSWER, asked)

    assert competitor.user_errors == [("NOT_FOUND", ["party"])]
    assert principal.user_errors == [("FORBIDDEN", ["action"])]


async def test_a_role_is_declined_with_words_and_may_be_accepted_later(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    row = next(r for r in await roles_of(contract) if r.role is R.PROJECT_MANAGER)
    async with door(actors_of(circle)) as ask:
        asked = {"party": row.id, "action": "DECLINE"}
        silent = await ask("manager", ANSWER, {"input": asked})
        said = await ask("manager", ANSWER, {"input": asked | {"comment": "Pas nous."}})
        after = await own_role(ask, "manager", contract.id, circle.manager)
        again = await ask("manager", ANSWER, {"input": {"party": row.id, "action": "ACCEPT"}})

    assert silent.user_errors == [("REQUIRED", ["comment"])]
    assert said.user_errors == again.user_errors == []
    assert (after["status"], after["availableActions"]) == ("DECLINED", [{"action": "ACCEPT"}])


async def test_direct_payment_is_accepted_by_the_authority_on_a_date_that_has_come(
    database: str,
) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.holder)
    row = next(r for r in await roles_of(contract) if r.structure_id == circle.subcontractor.id)
    asked = {"party": row.id, "action": "ADMIT"}
    async with door(actors_of(circle)) as ask:
        own = await ask("subcontractor", ANSWER, {"input": asked})
        holder = await ask("holder", ANSWER, {"input": asked})
        late = asked | {"on": (today() + timedelta(days=1)).isoformat()}
        future = await ask("authority", ANSWER, {"input": late})
        done = await ask("authority", ANSWER, {"input": asked | {"on": "2026-01-15"}})
        again = await ask("authority", ANSWER, {"input": asked})

    assert own.user_errors == holder.user_errors == [("FORBIDDEN", ["action"])]
    assert future.user_errors == [("FUTURE_DATE", ["on"])]
    assert done.user_errors == []
    assert again.user_errors == [("WRONG_STATUS", ["action"])]
    await row.refresh_from_db()
    assert (row.direct_payment, str(row.direct_payment_on)) == ("ACCEPTED", "2026-01-15")


async def test_a_contract_is_closed_by_its_authority_and_then_answered_by_nobody(
    database: str,
) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    await actions.amend(
        an_actor(circle.holder), contract.id, changed(of_a_group(circle), label="Avenant")
    )
    row = next(r for r in await roles_of(contract) if r.status is ContractRoleStatus.PROPOSED)
    async with door(actors_of(circle)) as ask:
        asked = {"id": contract.id, "action": "CLOSE"}
        holder = await ask("holder", MOVE, {"input": asked})
        closed = await ask("authority", MOVE, {"input": asked})
        late = await ask("authority", ANSWER, {"input": {"party": row.id, "action": "ACCEPT"}})

    assert holder.user_errors == [("FORBIDDEN", ["action"])]
    assert closed.payload["contract"] == {
        "id": contract.id,
        "status": "CLOSED",
        "amendment": None,
    }
    assert late.user_errors == [("WRONG_STATUS", ["party"])]


async def test_a_number_names_one_contract_of_its_authority(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority, "2026-042")
    async with door(actors_of(circle)) as ask:
        request = a_request(circle.holder, of_a_group(circle))
        taken = await ask("holder", PROPOSE, {"input": request})
        withdrawn = await ask("holder", MOVE, {"input": {"id": contract.id, "action": "WITHDRAW"}})
        again = await ask("holder", PROPOSE, {"input": request})
        found = await ask("subcontractor", LIST, {"f": {"statuses": ["PROPOSED"]}})

    assert taken.user_errors == [("DUPLICATE", ["number"])]
    assert withdrawn.payload["contract"]["status"] == "WITHDRAWN"
    assert again.user_errors == []
    assert [n["number"] for n in found.payload["nodes"]] == ["2026-042"]


async def test_a_list_is_narrowed_and_shows_ones_own_alone(database: str) -> None:
    circle, other = await a_circle(), await a_circle()
    mine = await a_proposal(of_a_group(circle), circle.authority, "A-1")
    theirs = await a_proposal(of_a_group(other), other.authority, "A-2")
    actors = actors_of(circle) | {"site": an_administrator()}
    asked: Mapping[str, tuple[str, dict[str, Any], list[str]]] = {
        "own": ("holder", {}, [mine.id]),
        "role": ("holder", {"roles": ["GROUP_AGENT"]}, [mine.id]),
        "other role": ("holder", {"roles": ["CO_CONTRACTOR"]}, []),
        "foreign structure": ("holder", {"structures": [other.holder.id]}, []),
        "prefix": ("site", {"numberPrefix": "A-"}, [theirs.id, mine.id]),
        "number": ("site", {"number": "A-2"}, [theirs.id]),
        "authority": ("site", {"contractingAuthorityId": circle.authority.id}, [mine.id]),
        "status": ("site", {"statuses": ["IN_FORCE"]}, []),
    }
    async with door(actors) as ask:
        for name, (part, filter_, expected) in asked.items():
            found = await ask(part, LIST, {"f": filter_})
            assert [n["id"] for n in found.payload["nodes"]] == expected, name
