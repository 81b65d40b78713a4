"""A structure asks for a connection; the site lets it in, or not; either side stops it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.access import Role
from domain.accounts.models import Attachment
from domain.connections import life, limits
from domain.connections.models import Connection
from domain.connections.steps import ConnectionAction
from tests.api import Api, served
from tests.connections.kit import (
    MOVE,
    REQUEST,
    kinds_about,
    letters_to,
    refusal,
    settled,
    the_account,
    token,
)
from tests.make import an_account

LIST = "query($s: [ConnectionStatus!]) { connections(statuses: $s) { nodes { id status } } }"


def a_request(api: Api, **changes: Any) -> dict[str, Any]:
    """A request of the supplier that nothing speaks against."""
    asked = {
        "structureId": api.world.parties.supplier.id,
        "application": "Mon ERP",
        "contactName": "Service informatique",
        "contactEmail": "si@example.test",
        "scopes": ["invoice:issue"],
        "spaces": [{"space": "FACTURES_EMISES", "level": "MODIFICATION"}],
    }
    return asked | changes


@pytest.fixture
async def approving(database_url: str) -> AsyncIterator[Api]:
    """A site whose administrator decides of each connection."""
    async with served(database_url, connection_approval=True) as api:
        yield api


async def test_a_connection_is_accepted_at_once_where_nobody_decides(api: Api) -> None:
    supplier = api.world.people["supplier"]

    answer = await api("supplier")(REQUEST, input=a_request(api))

    made = answer.payload["connection"]
    assert (made["status"], made["scopes"]) == ("ACCEPTED", ["invoice:issue"])
    # An accepted connection without an account can only be closed by its structure.
    assert made["availableActions"] == [{"action": "CLOSE", "enabled": True}]
    assert await kinds_about(made["id"]) == ["connection.requested", "connection.accepted"]
    assert await letters_to(supplier.email) == ["connection_accepted"]
    assert await letters_to(api.world.people["administrator"].email) == []


async def test_the_administrator_decides_where_the_site_says_so(approving: Api) -> None:
    api = approving
    supplier, site = api.world.people["supplier"], api.world.people["administrator"]
    asked = (await api("supplier")(REQUEST, input=a_request(api))).payload["connection"]

    own = await api("supplier")(MOVE, input={"id": asked["id"], "action": "ACCEPT"})
    accepted = await api("administrator")(MOVE, input={"id": asked["id"], "action": "ACCEPT"})

    assert asked["status"] == "REQUESTED"
    assert own.user_errors == [("FORBIDDEN", ["action"])]
    assert accepted.payload["connection"]["status"] == "ACCEPTED"
    assert await letters_to(supplier.email) == ["connection_requested", "connection_accepted"]
    assert await letters_to(site.email) == ["connection_to_decide"]


async def test_a_refusal_says_why_and_is_the_end(approving: Api) -> None:
    api = approving
    site, supplier = api("administrator"), api.world.people["supplier"]
    asked = (await api("supplier")(REQUEST, input=a_request(api))).payload["connection"]

    silent = await site(MOVE, input={"id": asked["id"], "action": "REFUSE"})
    refused = await site(MOVE, input={"id": asked["id"], "action": "REFUSE", "comment": "Non."})
    after = await site(MOVE, input={"id": asked["id"], "action": "ACCEPT"})

    assert silent.user_errors == [("REQUIRED", ["comment"])]
    assert refused.payload["connection"]["statusComment"] == "Non."
    assert after.user_errors == [("WRONG_STATUS", ["action"])]
    assert await kinds_about(asked["id"]) == ["connection.requested", "connection.refused"]
    assert await letters_to(supplier.email) == ["connection_requested", "connection_refused"]


async def test_the_administrator_lists_what_waits_and_a_manager_its_own(api: Api) -> None:
    world = api.world

    waiting = await api("administrator")(LIST, s=["REQUESTED"])
    own = await api("supplier")(LIST)
    other = await api("recipient")(LIST)

    assert [n["id"] for n in waiting.payload["nodes"]] == [world.requested.id]
    assert {n["id"] for n in own.payload["nodes"]} == {
        world.connection.id,
        world.spare.connection_id,
        world.requested.id,
    }
    assert other.payload["nodes"] == []


async def test_each_step_is_told_and_written_about(api: Api) -> None:
    world, supplier = api.world, api("supplier")
    for action in ("SUSPEND", "RESUME", "CLOSE"):
        answer = await supplier(MOVE, input={"id": world.spare.connection_id, "action": action})
        assert answer.user_errors == []

    assert await kinds_about(world.spare.connection_id) == [
        "connection.requested",
        "connection.accepted",
        "connection.activated",
        "connection.suspended",
        "connection.resumed",
        "connection.closed",
    ]
    assert await kinds_about(world.spare.id) == [
        "technical_account.created",
        "technical_account.revoked",
    ]
    assert await letters_to(world.people["supplier"].email) == [
        "connection_suspended",
        "connection_resumed",
        "connection_closed",
    ]


async def test_a_suspension_refuses_its_accounts_and_a_resumption_takes_them_again(
    api: Api,
) -> None:
    world, supplier = api.world, api("supplier")
    move = {"id": world.connection.id}

    await supplier(MOVE, input=move | {"action": "SUSPEND"})
    suspended = await refusal(api, world.erp.id, world.erp_secret)
    # The tokens of people come by way of the ERP's client in these tests: they are shut too.
    manager = await world.actor("supplier")
    await life.move(manager, world.connection.id, ConnectionAction.RESUME)
    resumed = await token(api, world.erp.id, world.erp_secret)

    assert suspended == (
        401,
        "invalid_client",
        "The connection of this technical account is suspended.",
    )
    assert resumed.status_code == 200


async def test_the_structure_does_not_resume_what_the_site_suspended(api: Api) -> None:
    spare = {"id": api.world.spare.connection_id}
    site, supplier = api("administrator"), api("supplier")

    silent = await site(MOVE, input=spare | {"action": "SUSPEND"})
    await site(MOVE, input=spare | {"action": "SUSPEND", "comment": "Appels en boucle"})
    own = await supplier(MOVE, input=spare | {"action": "RESUME"})
    resumed = await site(MOVE, input=spare | {"action": "RESUME"})

    assert silent.user_errors == [("REQUIRED", ["comment"])]
    assert [e["rule"] for e in own.payload["userErrors"]] == ["BDR-CNX-011"]
    assert resumed.payload["connection"]["status"] == "ACTIVE"
    assert (await the_account(api.world.spare.id)).status == "ACTIVE"


async def test_closing_revokes_its_accounts_for_good(api: Api) -> None:
    world = api.world

    await api("supplier")(MOVE, input={"id": world.spare.connection_id, "action": "CLOSE"})
    again = await api("supplier")(MOVE, input={"id": world.spare.connection_id, "action": "RESUME"})

    assert (await the_account(world.spare.id)).status == "REVOKED"
    assert again.user_errors == [("WRONG_STATUS", ["action"])]


async def test_the_connection_of_another_structure_does_not_exist(api: Api) -> None:
    before = await settled()

    moved = await api("recipient")(MOVE, input={"id": api.world.connection.id, "action": "CLOSE"})
    unknown = await api("recipient")(MOVE, input={"id": "cnx_none", "action": "CLOSE"})
    asked = await api("recipient")(REQUEST, input=a_request(api))

    assert moved.user_errors == unknown.user_errors == [("NOT_FOUND", ["id"])]
    assert asked.user_errors == [("NOT_FOUND", ["structureId"])]
    assert await settled() == before


async def test_a_user_without_the_right_is_refused_and_nothing_is_written(api: Api) -> None:
    before = await settled()

    answer = await api("plain")(REQUEST, input=a_request(api))

    assert (answer.status, answer.codes) == (403, ["FORBIDDEN"])
    assert await settled() == before


WRONG: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"application": " "}, [("REQUIRED", ["application"])]),
    ({"application": "a\u202eb"}, [("FORBIDDEN_CHARACTER", ["application"])]),
    ({"application": "a" * 201}, [("TOO_LONG", ["application"])]),
    ({"contactName": ""}, [("REQUIRED", ["contactName"])]),
    ({"contactEmail": "si@localhost"}, [("INVALID_EMAIL", ["contactEmail"])]),
    ({"contactEmail": "a@example.fr\nBcc: b@example.fr"}, [("INVALID_EMAIL", ["contactEmail"])]),
    ({"scopes": []}, [("REQUIRED", ["scopes"])]),
    ({"scopes": ["invoice:issue", "mandate:sign"]}, [("NOT_ALLOWED", ["scopes", "1"])]),
    ({"scopes": ["x"], "application": ""},
     [("REQUIRED", ["application"]), ("NOT_ALLOWED", ["scopes", "0"])]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "errors"), WRONG, ids=[str(w[0])[:40] for w in WRONG])
async def test_a_wrong_request_is_refused_with_every_reason(
    api: Api, changes: dict[str, Any], errors: list[tuple[str, list[str]]]
) -> None:
    before = await settled()

    answer = await api("supplier")(REQUEST, input=a_request(api, **changes))

    assert answer.user_errors == errors
    assert await settled() == before


async def test_a_structure_has_so_many_connections_at_most(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CONNECTIONS", 3)

    refused = await api("supplier")(REQUEST, input=a_request(api))

    assert refused.user_errors == [("LIMIT_REACHED", [])]
    assert await Connection.filter(structure_id=api.world.parties.supplier.id).count() == 3


async def test_other_managers_are_written_to_where_there_is_no_main_one(api: Api) -> None:
    world = api.world
    second = await an_account(world.parties.supplier, role=Role.SECONDARY_MANAGER)
    await api("supplier")(MOVE, input={"id": world.spare.connection_id, "action": "SUSPEND"})
    assert await letters_to(second.email) == []
    await Attachment.filter(
        member_id=world.people["supplier"].id, structure_id=world.parties.supplier.id
    ).update(role=Role.SECONDARY_MANAGER)

    await api("administrator")(MOVE, input={"id": world.spare.connection_id, "action": "RESUME"})

    assert await letters_to(second.email) == ["connection_resumed"]
