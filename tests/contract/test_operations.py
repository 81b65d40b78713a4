"""Every registered operation is valid, works, and costs what is recorded."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from graphql import parse, validate

from domain import demonstration
from domain.access import Actor
from domain.accounts.models import Account
from domain.contracts.models import Contract
from domain.events import transaction
from domain.ids import new_id
from domain.invoices.models import Invoice
from domain.memos.models import Memo
from domain.refunds.models import Refund
from domain.structures.models import Structure
from domain.works.models import WorksPiece
from frontend_contract.generate import FOLDER, differences, generated, write
from frontend_contract.operations import Operation, operations
from resolvers.events import hub
from resolvers.http.prepared import RULES
from resolvers.loaders import Loaders
from resolvers.root import schema
from schema.context import Context
from tests.api import door
from tests.lints import ROOT
from tests.make import actor_of, an_invoice
from tests.placeholders import filled
from tests.statements import counted
from tests.world import PERSONAS, World, a_world

OPERATIONS = {one.name: one for one in operations()}
BUDGETS = json.loads((FOLDER / "budgets.json").read_text("utf-8"))

each = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


async def actors_of(world: World) -> dict[str, Actor]:
    return {persona: await world.actor(persona) for persona in PERSONAS}


def test_there_is_an_operation_for_every_screen() -> None:
    assert len(OPERATIONS) >= 40


@each
def test_an_operation_says_what_it_is_for(operation: Operation) -> None:
    assert {"fr", "en", "as", "statements"} <= operation.head.keys()
    assert operation.persona in PERSONAS
    assert operation.definition.name is not None
    assert operation.definition.name.value == operation.name
    assert isinstance(operation.variables, dict)


@each
def test_an_operation_is_valid(operation: Operation) -> None:
    assert validate(schema._schema, parse(operation.text), RULES) == []


@each
def test_an_operation_stays_within_the_cost_of_one_request(operation: Operation) -> None:
    assert 0 < BUDGETS[operation.name]["cost"] <= 1_000


class _Undo(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def undone(operation: Operation) -> AsyncIterator[None]:
    """What a mutation does in the block is undone, so that the world serves the next one."""
    if operation.kind == "query":
        yield
        return
    with suppress(_Undo):
        async with transaction():
            yield
            raise _Undo


@pytest.mark.parametrize("road", ["ordinary", "compiled"])
async def test_every_operation_works_within_its_budget(database: str, road: str) -> None:
    world = await a_world()
    wrong = []
    async with door(await actors_of(world), compiled=road == "compiled") as ask:
        for operation in OPERATIONS.values():
            if operation.kind == "subscription":
                continue
            variables = filled(operation.variables, world.names())
            async with counted() as statements, undone(operation):
                answer = await ask(operation.persona, operation.text, variables)
            seen = (answer.status, answer.errors, answer.user_errors, answer.cost)
            if seen != (200, [], [], BUDGETS[operation.name]["cost"]) or answer.payload is None:
                wrong.append((operation.name, *seen))
            if len(statements) > operation.statements:
                wrong.append((operation.name, len(statements), *statements))

    assert wrong == []


# What one page of it shows, whatever the number of rows.
_LISTS = ("InvoicesIssued", "InvoicesReceived", "EventsPull", "StructureSearch", "InvoiceHistory")


@pytest.mark.parametrize("name", _LISTS)
async def test_a_list_of_ten_costs_the_statements_of_a_list_of_one(
    database: str, name: str
) -> None:
    operation, world = OPERATIONS[name], await a_world()
    variables = filled(operation.variables, world.names())
    variables.pop("filter", None)
    counts = []
    async with door(await actors_of(world)) as ask:
        await ask(operation.persona, operation.text, variables)
        for _ in range(2):
            async with counted() as statements:
                answer = await ask(operation.persona, operation.text, variables)
            assert answer.errors == []
            counts.append(len(statements))
            for _ in range(9):
                await an_invoice(parties=world.parties)

    assert counts[0] == counts[1]


@pytest.fixture
async def running_hub(database: str) -> AsyncIterator[None]:
    """The hub of the process, as the application runs it."""
    await hub.start()
    yield
    await hub.stop()


async def test_the_stream_tells_what_happens_after_its_cursor(
    database: str, running_hub: None
) -> None:
    operation, world = OPERATIONS["EventStream"], await a_world()
    pulled = OPERATIONS["EventsPull"]
    actor = await world.actor(operation.persona)
    async with door(await actors_of(world)) as ask:
        answer = await ask(operation.persona, pulled.text, {"first": 100})
    begun = answer.payload["endCursor"]
    invoice = await an_invoice(parties=world.parties)
    context = Context(actor=actor, request_id="test", make_loaders=Loaders)

    stream = await schema.subscribe(
        operation.text, variable_values={"after": begun}, context_value=context
    )
    frames = []
    async for result in stream:  # type: ignore[union-attr]  # a valid operation streams
        assert result.errors is None
        frames.append(result.data["eventStream"])
        if len(frames) == 4:
            break

    assert [f["__typename"] for f in frames] == ["StreamReady"] + ["EventFrame"] * 3
    assert frames[0]["backlog"] >= 3
    told = [f["event"] for f in frames[1:]]
    assert {e["subjectId"] for e in told} == {invoice.id}
    assert [e["subjectSequence"] for e in told] == [1, 2, 3]
    assert [e["change"]["to"] for e in told] == [
        "DEPOSEE",
        "EN_COURS_ACHEMINEMENT",
        "MISE_A_DISPOSITION",
    ]


@pytest.mark.parametrize("persona", ["supplier", "recipient", "validator", "erp", "administrator"])
async def test_the_pull_shows_a_persona_only_its_own_events(database: str, persona: str) -> None:
    world = await a_world()
    stranger = await an_invoice()
    async with door(await actors_of(world)) as ask:
        answer = await ask(persona, OPERATIONS["EventsPull"].text, {"first": 100})

    subjects = {event["subjectId"] for event in answer.payload["nodes"]}
    own = {i.id for i in world.invoices.values()}
    assert subjects & own
    assert (stranger.id in subjects) == (persona == "administrator")


async def test_a_number_is_found_and_then_moved_to_payment(database: str) -> None:
    """The main job, by the registered operations alone."""
    world = await a_world()
    names = world.names()
    submit, move = OPERATIONS["InvoiceSubmit"], OPERATIONS["InvoiceMove"]
    async with door(await actors_of(world)) as ask:
        deposited = await ask("supplier", submit.text, filled(submit.variables, names))
        invoice = deposited.payload["invoice"]
        seen = []
        for action in ("TAKE_INTO_ACCOUNT", "CERTIFY_SERVICE", "ORDER_PAYMENT", "PAY"):
            asked = {"id": invoice["id"], "action": action, "idempotencyKey": action}
            answer = await ask("recipient", move.text, {"input": asked})
            assert answer.user_errors == []
            seen.append(answer.payload["invoice"]["status"])
        found = await ask(
            "erp",
            OPERATIONS["InvoiceByNumber"].text,
            {"supplier": names["supplier"], "number": invoice["number"]},
        )

    assert invoice["status"] == "MISE_A_DISPOSITION"
    assert seen == ["PRISE_EN_COMPTE_DESTINATAIRE", "SERVICE_FAIT", "MANDATEE", "MISE_EN_PAIEMENT"]
    assert found.payload["status"] == "MISE_EN_PAIEMENT"
    assert found.payload["isFinal"] is True


# The files themselves


def test_the_contract_is_fresh() -> None:
    """`make contract` would change nothing."""
    assert differences() == []


def test_the_contract_is_the_same_whenever_it_is_generated() -> None:
    assert generated() == generated()


def test_writing_the_contract_makes_it_fresh_and_forgets_stale_files(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "invoice.eaten.schema.json").write_text("{}")
    (tmp_path / "README.md").write_text("by hand")

    changed = write(tmp_path)

    assert "schema.graphql" in changed
    assert "events/invoice.eaten.schema.json" in changed
    assert differences(tmp_path) == []
    assert write(tmp_path) == []
    assert (tmp_path / "README.md").read_text() == "by hand"
    assert not (tmp_path / "events" / "invoice.eaten.schema.json").exists()


async def test_every_query_works_on_the_demonstration_data(database: str, tmp_path: Path) -> None:
    await demonstration.load(_short_directory(tmp_path), progress=_silent)
    people = demonstration.PERSONAS
    actors = {
        role: await actor_of(await Account.get(email=persona.email))
        for role, persona in people.items()
    }
    actors["erp"] = actors["supplier"]
    supplier = await Structure.get(identifier=demonstration.STATIONER.siret)
    invoice = await Invoice.filter(supplier_id=supplier.id, status="MISE_A_DISPOSITION").first()
    assert invoice is not None
    contract = await Contract.get(number=demonstration.CONTRACT_NUMBER)
    piece = await WorksPiece.get(frame="A15")
    names = {
        "contract": contract.id,
        "contractNumber": contract.number,
        "recipient": contract.contracting_authority_id,
        "supplier": supplier.id,
        "invoice": invoice.id,
        "number": str(invoice.number),
        "recipientSiret": demonstration.SAINT_ETIENNE,
        "memo": (await Memo.all().order_by("id").first() or Memo()).id,
        "refund": (await Refund.all().order_by("id").first() or Refund()).id,
        "endpoint": new_id("whe"),
        "delivery": new_id("whd"),
        "event": new_id("evt"),
        "consumer": new_id("evc"),
        "billingFile": piece.file_id,
        "worksPiece": piece.id,
    }
    empty = {
        "Event",
        "WebhookEndpoint",
        "WebhookDelivery",
        "ExplainDelivery",
        "EventProof",
        "EventConsumer",
    }
    wrong = []
    async with door(actors, compiled=True) as ask:
        for operation in (one for one in OPERATIONS.values() if one.kind == "query"):
            answer = await ask(
                operation.persona, operation.text, filled(operation.variables, names)
            )
            if (answer.status, answer.errors) != (200, []):
                wrong.append((operation.name, answer.status, answer.errors))
            if (answer.payload is None) != (operation.name in empty):
                wrong.append((operation.name, "shows nothing of the demonstration"))
            nodes = answer.payload.get("nodes") if isinstance(answer.payload, dict) else None
            if nodes == [] and not operation.name.startswith(_MAY_BE_EMPTY):
                wrong.append((operation.name, "is empty"))

    assert wrong == []


# What comes with the credentials, or with what people do.
_MAY_BE_EMPTY = (
    "Webhook",
    "EventConsumers",
    "InvoiceDrafts",
    "SiretChanges",
    "TechnicalAccounts",
    "ConnectionsToDecide",
    "Delegations",
)


def _short_directory(folder: Path) -> Path:
    """The directory with the bodies of the demonstration alone."""
    wanted = (*demonstration.PARAMETERS, *demonstration.SERVICES)
    with gzip.open(ROOT / "data" / "annuaire.csv.gz", "rt", encoding="utf-8") as lines:
        kept = [next(lines), *(line for line in lines if line.startswith(wanted))]
    path = folder / "annuaire.csv"
    path.write_text("".join(kept), encoding="utf-8")
    return path


def _silent(done: int, total: int) -> None:
    """Show no progress."""
