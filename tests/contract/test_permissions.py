"""Who may use which root field: what the server answers is what the table says."""

from __future__ import annotations

import pytest

from auth.models import Client
from auth.provisioning import create_client
from domain.access import GRANTS, SPACE_GRANTS, Level, Permission, Role, Space, grants_of
from domain.accounts.actions import attach
from domain.db import dialect, fetch
from frontend_contract.operations import Operation, operations
from frontend_contract.permissions import COLUMNS, OWN, root_fields
from resolvers.root import schema
from tests.api import Answer, Api, ask
from tests.placeholders import filled
from tests.world import ERP_SCOPES, PERSONAS

FIELDS = root_fields(schema)
DENIED = {"UNAUTHENTICATED", "FORBIDDEN"}
# What each persona holds somewhere, cut to the scopes of its token.
HELD: dict[str, frozenset[Permission]] = {
    "anonymous": frozenset(),
    "supplier": GRANTS[Role.MAIN_MANAGER] | OWN,
    "recipient": GRANTS[Role.MAIN_MANAGER] | OWN,
    "validator": grants_of(
        Role.USER,
        [
            (Space.FACTURES_A_VALIDER, Level.MODIFICATION),
            (Space.FACTURES_DE_TRAVAUX, Level.MODIFICATION),
        ],
    )
    | OWN,
    "erp": grants_of(
        Role.TECHNICAL,
        [(Space.FACTURES_EMISES, Level.MODIFICATION), (Space.RACCORDEMENTS, Level.MODIFICATION)],
    )
    & ERP_SCOPES,
    "administrator": GRANTS[Role.ADMINISTRATOR] | OWN,
    "plain": GRANTS[Role.USER] | OWN,
}
# The server's own bookkeeping: it goes on whatever callers do.
_OWN_AFFAIRS = {"webhook_bookmark", "webhook_turn", "auth_signing_key", "site_key", "certificate"}


def operation_of(field: str) -> Operation:
    """A registered operation that asks the root field and no other."""
    name = field.split(".")[1]
    return next(
        one
        for one in operations()
        for selections in [one.definition.selection_set.selections]
        if [getattr(s, "name", None) and s.name.value for s in selections] == [name]  # type: ignore[union-attr]  # they are fields
    )


async def knock(api: Api, persona: str, operation: Operation, token: str | None) -> Answer:
    """Ask the operation as the persona. A stream is only priced: it would not end."""
    variables = filled(operation.variables, api.world.names())
    stream = operation.kind == "subscription"
    headers = {"accept": "text/event-stream", "graphql-cost": "quote"} if stream else {}
    return await ask(api.http, operation.text, variables, token=token, **headers)


async def rows() -> dict[str, int]:
    """How many rows each table has, and how far the log goes."""
    if dialect() == "sqlite":
        listed = await fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        listed = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = sorted({row[0] for row in listed} - _OWN_AFFAIRS)
    counts = {table: (await fetch(f"SELECT COUNT(*) FROM {table}"))[0][0] for table in tables}
    return {**counts, "position": (await fetch("SELECT position FROM log_head"))[0][0]}


def test_the_personas_cover_the_table() -> None:
    assert HELD.keys() == set(PERSONAS)
    assert set().union(*HELD.values()) | {Permission.MANAGE_CONNECTIONS} == set(Permission)


@pytest.mark.parametrize("persona", PERSONAS)
async def test_each_root_field_answers_a_persona_as_the_table_says(api: Api, persona: str) -> None:
    token = api.token(persona)
    refusal = (401, ["UNAUTHENTICATED"]) if persona == "anonymous" else (403, ["FORBIDDEN"])
    opened = {field for field, needed in FIELDS.items() if not needed or needed & HELD[persona]}

    for field in FIELDS.keys() - opened:
        before = await rows()
        answer = await knock(api, persona, operation_of(field), token)
        assert (field, (answer.status, answer.codes)) == (field, refusal)
        assert not answer.data
        assert await rows() == before, field

    # Last, since some of these give new rights: who creates a structure manages it.
    # And whoever erases its own account knocks no more.
    for field in sorted(opened, key="Mutation.accountErase".__eq__):
        answer = await knock(api, persona, operation_of(field), token)
        assert (field, answer.status, answer.errors) == (field, 200, [])


async def test_a_token_without_the_scope_opens_nothing_its_owner_could_open(api: Api) -> None:
    for field, needed in FIELDS.items():
        if needed:
            others = frozenset(p.value for p in Permission if p not in needed)
            token = api.token("supplier", scopes=others)
            before = await rows()
            answer = await knock(api, "supplier", operation_of(field), token)
            assert (field, answer.status, answer.codes) == (field, 403, ["FORBIDDEN"])
            assert await rows() == before, field


async def test_what_the_personas_hold_is_what_the_server_sees(api: Api) -> None:
    viewer = next(o for o in operations() if o.name == "Viewer")
    for persona in PERSONAS:
        answer = await api(persona)(viewer.text)

        seen = answer.payload
        held = {p for m in seen["memberships"] for p in m["permissions"]}
        # What everyone may do with its own account is no right on a structure.
        wanted = {p.value for p in HELD[persona] - OWN}
        assert held | set(seen["permissionsEverywhere"]) == wanted


def test_every_role_and_space_has_its_column() -> None:
    assert len(COLUMNS) == 2 + len(GRANTS) + len(SPACE_GRANTS)
    for held in (*GRANTS.values(), *SPACE_GRANTS.values()):
        assert held | OWN in COLUMNS.values()


async def test_a_client_of_another_structure_sees_nothing_of_this_one(api: Api) -> None:
    """Foreign identifiers are not found, never forbidden."""
    made = await create_client("Autre ERP", ["client_credentials"], [p.value for p in ERP_SCOPES])
    other: Client = made.client
    await attach(other.id, api.world.unsigned.id, Role.TECHNICAL, _SPACES)
    token = api.signed(other.id, other.id, frozenset(p.value for p in ERP_SCOPES))
    by_id = "query($id: ID!) { invoice(by: {id: $id}) { id } node(id: $id) { id } }"
    move = (
        'mutation($id: ID!) { invoiceMove(input: {id: $id, action: WITHDRAW, idempotencyKey: "k"})'
        " { invoice { id } userErrors { code path } } }"
    )
    variables = {"id": api.world.names()["invoice"]}
    before = await rows()

    read = await ask(api.http, by_id, variables, token=token)
    moved = await ask(api.http, move, variables, token=token)

    assert read.data == {"invoice": None, "node": None}
    assert moved.user_errors == [("NOT_FOUND", ["id"])]
    assert await rows() == before


_SPACES = [(Space.FACTURES_EMISES, Level.MODIFICATION)]
