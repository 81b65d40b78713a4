"""What the tests of contracts ask of the API, and as whom."""

from __future__ import annotations

from typing import Any

from domain.access import Actor
from domain.contracts.draft import PartyDraft, Terms
from domain.structures.models import Structure
from tests.api import Ask
from tests.contracts.kit import Circle
from tests.make import an_actor

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
