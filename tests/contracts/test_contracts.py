"""A contract is proposed, agreed by its parties, amended and closed; each sees its part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.access import Actor, Role
from domain.clock import today
from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractRole, ContractRoleStatus, ContractStatus
from domain.contracts.draft import LotDraft, PartyDraft, Terms
from domain.contracts.models import Contract, ContractParty, ContractVersion
from domain.contracts.queries import readers_of
from domain.contracts.steps import ContractAction, ContractRoleAction
from domain.errors import Refused
from domain.events import head, transaction
from domain.structures.models import Structure, StructureStatus
from schema.contracts import available_actions, available_role_actions
from tests.api import Ask, door
from tests.contracts.kit import (
    Circle,
    a_circle,
    a_proposal,
    accept,
    admit,
    changed,
    in_force,
    of_a_group,
    role,
    roles_of,
)
from tests.make import a_structure, a_supplier, an_actor, an_administrator

R = ContractRole
PROPOSE = """mutation($input: ContractProposeInput!) { contractPropose(input: $input) {
  contract { id number status version terms { number parties { nodes {
    id role status structure { id } } } } } userErrors { code path rule } } }"""
ANSWER = """mutation($input: ContractRoleAnswerInput!) { contractRoleAnswer(input: $input) {
  contract { id status } userErrors { code path rule } } }"""
AMEND = """mutation($input: ContractAmendInput!) { contractAmend(input: $input) {
  contract { id status version terms { number label } amendment { number label status } }
  userErrors { code path rule } } }"""
MOVE = """mutation($input: ContractMoveInput!) { contractMove(input: $input) {
  contract { id status amendment { id } } userErrors { code path rule } } }"""
READ = """query($id: ID!) { contract(by: { id: $id }) {
  id number status terms { number label amount parties(first: 50) { nodes {
    id role status ceiling structure { id } availableActions { action } } } }
  amendment { number label parties(first: 50) { nodes { id role ceiling structure { id } } } }
  history(first: 50) { nodes { kind } } } }"""
LIST = """query($f: ContractFilter) { contracts(filter: $f) { nodes { id number } } }"""


def actors_of(circle: Circle) -> dict[str, Actor]:
    """A manager of each structure, by the part that it plays."""
    return {part: an_actor(structure) for part, structure in circle.all().items()}


def as_input(terms: Terms) -> dict[str, Any]:
    """The terms as the API takes them."""

    def party(given: PartyDraft) -> dict[str, Any]:
        said = {
            "role": given.role.value,
            "identifier": given.identifier,
            "principal": given.principal,
            "lot": given.lot,
            "ceiling": str(given.ceiling) if given.ceiling else None,
        }
        return {name: value for name, value in said.items() if value is not None}

    return {
        "label": terms.label,
        "amount": str(terms.amount),
        "parties": [party(given) for given in terms.parties],
    }


def a_request(structure: Structure, terms: Terms, number: str = "2026-042") -> dict[str, Any]:
    return {
        "structureId": structure.id,
        "number": number,
        "nature": "TRAVAUX",
        "terms": as_input(terms),
    }


async def own_role(ask: Ask, part: str, contract_id: str, structure: Structure) -> dict[str, Any]:
    """The role of a structure as it reads it."""
    seen = (await ask(part, READ, {"id": contract_id})).payload
    return next(
        node
        for node in seen["terms"]["parties"]["nodes"]
        if node["structure"]["id"] == structure.id
    )


async def kinds_seen(ask: Ask, part: str, contract_id: str) -> list[str]:
    seen = (await ask(part, READ, {"id": contract_id})).payload
    return [node["kind"] for node in seen["history"]["nodes"]]


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


async def test_an_amendment_waits_while_the_terms_in_force_stay(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    terms = changed(of_a_group(circle, ceiling="12000.00"), label="Voirie et trottoirs")
    async with door(actors_of(circle)) as ask:
        asked = {"id": contract.id, "terms": as_input(terms), "comment": "Avenant 1"}
        amended = (await ask("holder", AMEND, {"input": asked})).payload
        sub = (await ask("subcontractor", READ, {"id": contract.id})).payload
    pending = await ContractVersion.get(contract_id=contract.id, number=2)
    waiting = {
        (row.role, row.structure_id)
        for row in await ContractParty.filter(version_id=pending.id)
        if row.status is ContractRoleStatus.PROPOSED
    }
    contract = await admit(contract, circle.authority)
    after_one = await accept(contract, circle.authority)
    still = after_one.pending_id
    after_both = await accept(after_one, circle.subcontractor)

    assert amended["contract"]["terms"] == {"number": 1, "label": "Réfection de la voirie"}
    assert amended["contract"]["amendment"]["label"] == "Voirie et trottoirs"
    assert sub["terms"]["label"] == "Réfection de la voirie"
    # The other side, and whose role changed: nobody else is asked again.
    assert waiting == {
        (R.CONTRACTING_AUTHORITY, circle.authority.id),
        (R.SUBCONTRACTOR, circle.subcontractor.id),
    }
    assert still == pending.id
    assert (after_both.version_id, after_both.pending_id) == (pending.id, None)
    assert after_both.status is ContractStatus.IN_FORCE


async def test_whoever_leaves_with_an_amendment_no_longer_sees_the_contract(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    terms = of_a_group(circle)
    terms = changed(terms, parties=[p for p in terms.parties if p.ceiling != Decimal("5000.00")])
    await actions.amend(an_actor(circle.holder), contract.id, terms)
    async with door(actors_of(circle)) as ask:
        meanwhile = (await ask("other", READ, {"id": contract.id})).payload
        await accept(contract, circle.authority)
        after = (await ask("other", READ, {"id": contract.id})).payload
        kept = (await ask("subcontractor", READ, {"id": contract.id})).payload

    assert meanwhile["status"] == "IN_FORCE"
    assert after is None
    assert kept["terms"]["number"] == 2


async def test_a_later_amendment_takes_the_place_of_the_one_that_waits(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    for label in ("Première", "Seconde"):
        terms = changed(of_a_group(circle), label=label)
        contract = await actions.amend(an_actor(circle.authority), contract.id, terms)
    contract = await accept(contract, circle.holder)
    found = await ContractVersion.filter(contract_id=contract.id).order_by("number")

    assert [v.status.value for v in found] == ["REPLACED", "REPLACED", "AGREED"]
    assert contract.version_id == found[2].id


async def test_an_amendment_changes_something_but_not_the_authority(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    other = replace(of_a_group(circle), label="Autre")
    parties = [
        replace(p, identifier=circle.finance.identifier) if p.role is R.CONTRACTING_AUTHORITY else p
        for p in other.parties
        if p.role is not R.FINANCE_SERVICE
    ]
    async with door(actors_of(circle)) as ask:
        same = {"id": contract.id, "terms": as_input(of_a_group(circle))}
        nothing = await ask("holder", AMEND, {"input": same})
        elsewhere = {"id": contract.id, "terms": as_input(changed(other, parties=parties))}
        moved = await ask("holder", AMEND, {"input": elsewhere})
        stale = same | {"expectedVersion": 1, "terms": as_input(other)}
        conflict = await ask("holder", AMEND, {"input": stale})
        by_manager = await ask("manager", AMEND, {"input": same | {"terms": as_input(other)}})

    assert nothing.user_errors == [("NOT_ALLOWED", ["terms"])]
    assert moved.user_errors == [("NOT_ALLOWED", ["terms", "parties", "0", "identifier"])]
    assert conflict.user_errors == [("VERSION_CONFLICT", ["expectedVersion"])]
    assert by_manager.user_errors == [("FORBIDDEN", ["action"])]


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


# The rules


def _refused(terms: Terms, **changes: Any) -> Terms:
    return replace(terms, **changes)


async def test_every_problem_of_the_terms_is_said_at_once(database: str) -> None:
    circle = await a_circle()
    closed = await a_supplier(has_mandate=False, status=StructureStatus.INACTIVE)
    unknown = "12345678900001"
    lots = (LotDraft(number="1", amount=Decimal("40000.00")), LotDraft(number="1"))
    cases: Mapping[str, tuple[Terms, list[tuple[str, str]]]] = {}
    whole = of_a_group(circle)
    named = list(whole.parties)
    cases = {
        "no authority": (changed(whole, named[1:]), [("BDR-CTR-007", "parties")]),
        "no holder": (
            changed(whole, [p for p in named[:5] if p.role is not R.GROUP_AGENT]),
            [("BDR-CTR-008", "parties")],
        ),
        "a group of one": (
            changed(whole, [p for p in named[:6] if p.role is not R.CO_CONTRACTOR]),
            [("BDR-CTR-009", "parties")],
        ),
        "two project managers": (
            changed(whole, [*named, role(R.PROJECT_MANAGER, circle.finance)]),
            [("BDR-CTR-010", "parties")],
        ),
        "for nobody": (
            changed(whole, [*named[:5], replace(named[5], principal=unknown)]),
            [("BDR-CTR-011", "principal")],
        ),
        "a ceiling of the holder": (
            changed(whole, [replace(p, ceiling=Decimal(1)) if p is named[3] else p for p in named]),
            [("BDR-CTR-012", "ceiling")],
        ),
        "its own subcontractor": (
            changed(whole, [*named, role(R.SUBCONTRACTOR, circle.holder, circle.holder)]),
            [("BDR-CTR-013", "identifier")],
        ),
        "twice": (changed(whole, [*named, named[5]]), [("BDR-CTR-014", "7")]),
        "negative": (_refused(whole, amount=Decimal(-1)), [("BDR-CTR-015", "amount")]),
        "millimes": (_refused(whole, amount=Decimal("100000.001")), [("BDR-CTR-015", "amount")]),
        "lots": (_refused(whole, lots=lots), [("BDR-CTR-016", "number")]),
        "sum": (_refused(whole, lots=lots[:1]), [("BDR-CTR-017", "amount")]),
        "ceilings": (_refused(whole, amount=Decimal(14999)), [("BDR-CTR-018", "amount")]),
        "no such lot": (
            changed(whole, [*named[:5], replace(named[5], lot="9")]),
            [("BDR-CTR-020", "lot")],
        ),
        "unknown": (
            changed(whole, [*named[:5], replace(named[5], identifier=unknown)]),
            [("BDR-CTR-004", "identifier")],
        ),
        "inactive": (
            changed(whole, [*named[:5], replace(named[5], identifier=closed.identifier)]),
            [("BDR-CTR-005", "identifier")],
        ),
        "no such service": (
            changed(whole, [*named[:5], replace(named[5], service_code="NULLE_PART")]),
            [("BDR-CTR-006", "serviceCode")],
        ),
        "a private paymaster": (
            changed(
                whole, [role(R.FINANCE_SERVICE, circle.subcontractor), *named[:2], *named[3:5]]
            ),
            [("BDR-CTR-024", "identifier")],
        ),
        "no label": (_refused(whole, label=" "), [("BDR-CTR-001", "label")]),
        "nobody": (
            _refused(whole, parties=()),
            [("BDR-CTR-007", "parties"), ("BDR-CTR-008", "parties")],
        ),
    }
    for name, (terms, expected) in cases.items():
        with pytest.raises(Refused) as refused:
            await a_proposal(terms, circle.authority)
        found = [(p.rule, p.path[-1]) for p in refused.value.problems]
        if name == "negative":
            found = [f for f in found if f[0] == "BDR-CTR-015"]
        assert found == expected, name
    assert await Contract.all().count() == 0


# What is offered is what is accepted


class _Undo(Exception):
    """Ends a transaction without a trace."""


async def refusal_of(act: Any) -> Refused | None:
    """Why it is refused; None when it succeeds. Nothing stays of it."""
    try:
        async with transaction():
            await act()
            raise _Undo
    except _Undo:
        return None
    except Refused as refusal:
        return refusal


async def assert_parity(contract: Contract, actor: Actor, terms: Terms) -> None:
    """Offered and enabled exactly when it succeeds, for the contract and for each role."""
    await contract.refresh_from_db()
    shown = {a.action(): a.rule for a in available_actions(contract, actor)}
    for action in ContractAction:

        async def act(action: ContractAction = action) -> None:
            if action is ContractAction.AMEND:
                await actions.amend(actor, contract.id, replace(terms, label="Tout autre chose"))
            else:
                await actions.move(actor, contract.id, action)

        refusal = await refusal_of(act)
        assert (shown.get(action, "") is None) == (refusal is None), (contract.status, action)
        if refusal is not None and shown.get(action):
            assert [p.rule for p in refusal.problems] == [shown[action]]
    for row in await roles_of(contract):
        offered = {a.action() for a in available_role_actions(row, actor)}
        for answer in ContractRoleAction:

            async def say(answer: ContractRoleAction = answer, row: ContractParty = row) -> None:
                await actions.answer(actor, row.id, Answer(answer, comment="Voici."))

            refusal = await refusal_of(say)
            assert (answer in offered) == (refusal is None), (row.role, row.status, answer)


@pytest.mark.parametrize(
    "stage", ["proposed", "declined", "in force", "amended", "closed", "withdrawn"]
)
async def test_an_action_is_offered_exactly_when_it_succeeds(database: str, stage: str) -> None:
    circle = await a_circle()
    terms = of_a_group(circle)
    authority = an_actor(circle.authority)
    if stage in ("proposed", "declined", "withdrawn"):
        contract = await a_proposal(terms, circle.authority)
    else:
        contract = await in_force(circle)
    if stage == "declined":
        row = next(r for r in await roles_of(contract) if r.role is R.PROJECT_MANAGER)
        given = Answer(ContractRoleAction.DECLINE, comment="Non.")
        await actions.answer(an_actor(circle.manager), row.id, given)
    if stage == "amended":
        amended = replace(of_a_group(circle, ceiling="1.00"), label="Avenant")
        await actions.amend(authority, contract.id, amended)
    if stage in ("closed", "withdrawn"):
        end = ContractAction.CLOSE if stage == "closed" else ContractAction.WITHDRAW
        await actions.move(authority, contract.id, end)

    for actor in (
        *actors_of(circle).values(),
        an_actor(circle.authority, role=Role.USER),
        an_actor(circle.authority, circle.holder),
        an_administrator(),
        an_actor(await a_structure()),
    ):
        await assert_parity(contract, actor, terms)
