"""The product's own schema by both roads: the contract's operations, and questions by chance."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    OperationDefinitionNode,
    OperationType,
    parse,
    type_from_ast,
    value_from_ast_untyped,
)
from graphql.language import parse_value

from domain.access import ANONYMOUS, Actor
from domain.clock import Clock
from domain.contracts.codes import ContractRole
from domain.contracts.draft import Terms
from domain.contracts.models import Contract
from domain.invoices.queries import INVOICES
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.works import actions as works
from domain.works.models import WorksPiece
from resolvers.compiler import compile_operation
from resolvers.loaders import Loaders
from resolvers.root import schema
from schema.context import Context
from tests import make
from tests.claims import making
from tests.compiler.questions import Questioner
from tests.compiler.roads import Answers, ask
from tests.contracts.kit import a_proposal, accept, role
from tests.world import a_statement, a_works_piece

OPERATIONS = {
    path.stem: path.read_text()
    for path in sorted(Path("frontend_contract/operations").glob("*.graphql"))
}
STATUSES = (S.BROUILLON, S.MISE_A_DISPOSITION, S.SUSPENDUE, S.REJETEE, S.MISE_EN_PAIEMENT)
QUESTIONS = 40


@dataclass(frozen=True)
class World:
    """Who looks, and the identifiers of what there is to see."""

    viewers: dict[str, Actor]
    samples: dict[str, list[str]]
    names: dict[str, str]


@pytest.fixture
async def world(database: str, clock: Clock) -> World:
    """Invoices and claims in several statuses between the same parties, and some by validators.

    Time stands still: both roads are asked the same, one after the other.
    """
    parties = await make.some_parties()
    service = await make.a_service(parties.recipient)
    await make.a_bank_account(parties.supplier)
    invoices = [await make.an_invoice(status, parties=parties) for status in STATUSES]
    invoices.append(await make.an_invoice(S.A_VALIDER_2, parties=parties))
    contract = await _a_contract(parties)
    billed = {"parties": parties, "contract_number": contract.number}
    invoices += [await make.an_invoice(status, **billed) for status in STATUSES[:2]]
    sides = {"supplier": parties.supplier, "recipient": parties.recipient}
    claims = [
        await making.a_claim(kind, await making.sides(kind.space, **sides), status)
        for kind in making.KINDS
        for status in (S.SUSPENDUE, S.BROUILLON)
    ]
    pieces = await _two_pieces(parties)
    structures = [parties.of(p) for p in INVOICES.columns]
    ids = (
        [d.id for d in (*invoices, *claims, *pieces, contract)]
        + [s.id for s in structures]
        + [service.id, "inv_none"]
    )
    texts = [invoices[1].number, parties.recipient.identifier, parties.recipient.name, "", "é"]
    return World(
        viewers={
            "supplier": make.an_actor(parties.supplier),
            "recipient": make.an_actor(parties.recipient),
            "validator": make.an_actor(parties.validator_1),
            "both": make.an_actor(parties.supplier, parties.recipient),
            "administrator": make.an_administrator(),
            "stranger": make.an_actor("str_00000000000000000000000000"),
            "anonymous": ANONYMOUS,
        },
        samples={
            "ID": [json.dumps(i) for i in ids],
            "String": [json.dumps(t) for t in texts],
            "Int": ["0", "1", "20"],
            "Boolean": ["true", "false"],
            "Date": ['"2026-01-01"', '"9999-12-31"'],
            "DateTime": ['"2026-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"'],
            "Decimal": ['"0"', '"240.00"'],
            "Siret": [json.dumps(parties.recipient.identifier)],
            "EventCursor": ['"none"'],
        },
        names={
            "invoice": invoices[-1].id,
            "worksPiece": pieces[1].id,
            "billingFile": str(pieces[1].file_id),
            "contract": contract.id,
            "contractNumber": contract.number,
            "memo": claims[0].id,
            "refund": claims[2].id,
            "draft": invoices[0].id,
            "structure": parties.supplier.id,
            "supplier": parties.supplier.id,
            "recipient": parties.recipient.id,
            "service": service.id,
            "number": str(invoices[1].number),
            "siret": parties.recipient.identifier,
        },
    )


async def _a_contract(parties: make.Parties) -> Contract:
    """In force between the recipient and the supplier; the validator has a part of it."""
    terms = Terms(
        label="Réfection de la voirie",
        parties=(
            role(ContractRole.CONTRACTING_AUTHORITY, parties.recipient),
            role(ContractRole.HOLDER, parties.supplier),
            role(ContractRole.PROJECT_MANAGER, parties.validator_1),
        ),
    )
    contract = await a_proposal(terms, parties.recipient)
    return await accept(contract, parties.supplier, parties.validator_1)


async def _two_pieces(parties: make.Parties) -> tuple[WorksPiece, WorksPiece]:
    """A monthly statement of the supplier, and the one of the project manager behind it."""
    first = await a_works_piece(make.an_actor(parties.supplier), parties)
    behind = replace(
        a_statement(parties, "T-3"),
        frame=Frame.A15,
        depositor_id=parties.validator_1.id,
        project_manager=None,
        contracting_authority=None,
        previous_id=first.id,
    )
    return first, (await works.submit(make.an_actor(parties.validator_1), behind)).piece


def looking(actor: Actor) -> Callable[[], Context]:
    """A context of its own for each answer."""
    return lambda: Context(actor, "request", Loaders)


@pytest.mark.parametrize("text", OPERATIONS.values(), ids=OPERATIONS.keys())
async def test_every_operation_of_the_contract_is_answered_alike(world: World, text: str) -> None:
    operation = _operation(text)
    if operation.operation is not OperationType.QUERY:
        assert compile_operation(schema, parse(text), operation) is None
        return
    for viewer in world.viewers.values():
        for seed in range(3):
            variables = _written(text, world) if seed == 0 else _chosen(operation, world, seed)

            answers = await ask(schema, text, variables, looking(viewer))

            assert answers.agree, _told(text, variables, viewer, answers)


# What the front end asks most often must not fall back: it would be answered, but late.
COMPILED = (
    "InvoicePage",
    "InvoiceByNumber",
    "InvoiceHistory",
    "InvoicesIssued",
    "InvoicesReceived",
    "InvoicesToValidate",
    "StructureSearch",
    "StructureForDeposit",
    "EventsPull",
    "Labels",
    "Memo",
    "Memos",
    "Refund",
    "Refunds",
    "Contracts",
    "ContractPage",
    "WorksPiece",
    "WorksPieces",
    "BillingFile",
    "BillingFiles",
)


@pytest.mark.parametrize("name", COMPILED)
def test_what_the_front_end_asks_most_is_compiled(name: str) -> None:
    text = OPERATIONS[name]

    assert compile_operation(schema, parse(text), _operation(text)) is not None


@pytest.mark.parametrize("seed", range(3))
async def test_questions_by_chance_are_answered_alike(world: World, seed: int) -> None:
    compiled = 0
    for n in range(QUESTIONS):
        questioner = Questioner(schema._schema, seed * 1000 + n, world.samples, depth=6)
        text, variables = questioner.query()
        viewer = list(world.viewers.values())[n % len(world.viewers)]

        answers = await ask(schema, text, variables, looking(viewer))

        assert answers.agree, _told(text, variables, viewer, answers)
        compiled += answers.compiled is not None
    # Otherwise the comparison says nothing.
    assert compiled > QUESTIONS * 0.3


def _operation(text: str) -> OperationDefinitionNode:
    return next(n for n in parse(text).definitions if isinstance(n, OperationDefinitionNode))


def _written(text: str, world: World) -> dict[str, Any]:
    """The variables of the operation's own example."""
    example = re.search(r"^# variables: (.*)$", text, re.MULTILINE)
    variables: dict[str, Any] = json.loads(example[1]) if example else {}
    return {
        name: world.names.get(value[1:-1], value)
        if isinstance(value, str) and value.startswith("{")
        else value
        for name, value in variables.items()
    }


def _chosen(operation: OperationDefinitionNode, world: World, seed: int) -> dict[str, Any]:
    """Variables by chance, of the types that the operation declares."""
    questioner = Questioner(schema._schema, seed, world.samples)
    variables = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        type_ = type_from_ast(schema._schema, definition.type)
        if name not in ("after", "before") and questioner.chance.random() < 0.7:
            literal = parse_value(questioner.literal(type_))
            variables[name] = value_from_ast_untyped(literal)
    return variables


def _told(text: str, variables: Any, viewer: Actor, answers: Answers) -> str:
    return f"{viewer}\n{text}\n{json.dumps(variables)}\n{answers}"
