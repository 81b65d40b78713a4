"""A manager makes a machine's account: never more than that person holds, and the secret once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auth import technical
from auth.models import Client, ClientSecret, hashed
from domain.access import ActorKind, Permission, Role
from domain.accounts.actions import rights_of
from domain.accounts.models import Attachment
from domain.connections import accounts, delegations, life
from domain.connections.delegations import Delegate
from domain.connections.rules import ConnectionDraft, TechnicalDraft
from domain.errors import Forbidden
from tests.api import Api, ask
from tests.connections.kit import (
    CREATE,
    REVOKE,
    ROTATE,
    UPDATE,
    VIEWER,
    access,
    as_machine,
    everything_stored,
    kinds_about,
    letters_to,
    refusal,
    settled,
    the_account,
    token,
)
from tests.make import actor_of, an_account
from tests.world import ERP_GRANTS, ERP_SCOPE_LIST

READ = {"space": "FACTURES_EMISES", "level": "CONSULTATION_UNIQUEMENT"}
WRITE = {"space": "FACTURES_EMISES", "level": "MODIFICATION"}
STRUCTURES = "{ technicalAccounts { nodes { id } } }"
INVOICES = "{ invoices { nodes { id } } }"


def an_account_for(api: Api, **changes: Any) -> dict[str, Any]:
    """A technical account of the supplier that nothing speaks against."""
    asked = {
        "connectionId": api.world.connection.id,
        "name": "ERP de production",
        "scopes": ["invoice:read_issued", "invoice:issue"],
        "spaces": [WRITE],
    }
    return asked | changes


async def test_a_new_account_logs_in_and_holds_its_spaces_cut_to_its_scopes(api: Api) -> None:
    supplier = api.world.parties.supplier
    made = (
        await api("supplier")(
            CREATE, input=an_account_for(api, scopes=["invoice:read_issued", "webhook:read"])
        )
    ).payload

    seen = await as_machine(api, made["technicalAccount"]["id"], made["secret"], VIEWER)

    viewer = seen.payload
    assert (viewer["kind"], viewer["name"]) == ("CLIENT", "ERP de production")
    assert viewer["scopes"] == ["invoice:read_issued", "webhook:read"]
    # Its space would let it deposit; its scopes do not. Its scopes would let it read webhooks; no
    # space of it does.
    assert viewer["memberships"] == [
        {"structure": {"id": supplier.id}, "permissions": ["invoice:read_issued"]}
    ]


async def test_the_viewer_of_a_machine_is_its_own_card(api: Api) -> None:
    erp = await the_account(api.world.erp.id)

    machine = await as_machine(api, erp.id, api.world.erp_secret, VIEWER)
    person = await api("supplier")(VIEWER)

    assert machine.payload["technicalAccount"] == {
        "id": erp.id,
        "name": "ERP Durand",
        "scopes": list(ERP_SCOPE_LIST),
        "state": "ACTIVE",
        "secretExpiresAt": erp.secret_expires_at.isoformat(timespec="milliseconds")[:23] + "Z",
        "structure": {"id": api.world.parties.supplier.id},
    }
    assert person.payload["technicalAccount"] is None


async def test_the_secret_is_shown_once_and_kept_as_a_hash_only(api: Api) -> None:
    asked = an_account_for(api, idempotencyKey="once")

    first = (await api("supplier")(CREATE, input=asked)).payload
    again = (await api("supplier")(CREATE, input=asked)).payload

    account_id, secret = first["technicalAccount"]["id"], first["secret"]
    assert again["technicalAccount"]["id"] == account_id
    assert (again["secret"], again["replayed"]) == (None, True)
    (kept,) = await ClientSecret.filter(client_id=account_id)
    assert kept.secret_hash == hashed(secret)
    stored = await everything_stored()
    assert secret not in stored
    assert kept.secret_hash in stored
    assert await kinds_about(account_id) == ["technical_account.created"]
    assert await letters_to(api.world.people["supplier"].email) == ["technical_account_created"]


async def test_the_first_account_makes_its_connection_active(api: Api) -> None:
    supplier = await api.world.actor("supplier")
    draft = ConnectionDraft("ERP 2", "SI", "si@example.test", ("invoice:issue",), ())
    connection = await life.request(supplier, api.world.parties.supplier.id, draft)
    asked = an_account_for(api, connectionId=connection.id, scopes=["invoice:issue"], spaces=[])

    made = (await api("supplier")(CREATE, input=asked)).payload

    assert made["technicalAccount"]["connection"] == {"status": "ACTIVE"}
    assert (await kinds_about(connection.id))[-1] == "connection.activated"


ESCALATIONS: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"scopes": ["platform:administer"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["mandate:sign"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["member:manage"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["structure:hand_over"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["connection:manage"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["account:self"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"scopes": ["openid"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    # The connection was accepted for issued invoices and webhooks.
    ({"scopes": ["invoice:process"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
    ({"spaces": [{"space": "FACTURES_RECUES", "level": "CONSULTATION_UNIQUEMENT"}]},
     [("NOT_ALLOWED", ["spaces", "0"])]),
    ({"spaces": [READ, WRITE]}, [("INVALID_VALUE", ["spaces", "1"])]),
    ({"structures": ["str_none"]}, [("NOT_ALLOWED", ["structures", "0"])]),
    ({"scopes": []}, [("REQUIRED", ["scopes"])]),
    ({"name": ""}, [("REQUIRED", ["name"])]),
    ({"connectionId": "cnx_none"}, [("NOT_FOUND", ["connectionId"])]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "errors"), ESCALATIONS, ids=[str(e[0])[:60] for e in ESCALATIONS]
)
async def test_an_account_is_never_given_more_than_may_be(
    api: Api, changes: dict[str, Any], errors: list[tuple[str, list[str]]]
) -> None:
    before = await settled()

    answer = await api("supplier")(CREATE, input=an_account_for(api, **changes))

    assert answer.user_errors == errors
    assert answer.payload["secret"] is None
    assert await settled() == before


async def test_a_manager_with_a_narrow_token_makes_a_narrow_account_only(api: Api) -> None:
    narrow = api.token("supplier", frozenset({"connection:manage", "invoice:read_issued"}))

    wide = await ask(api.http, CREATE, {"input": an_account_for(api)}, token=narrow)
    fitting = await ask(
        api.http,
        CREATE,
        {"input": an_account_for(api, scopes=["invoice:read_issued"], spaces=[READ])},
        token=narrow,
    )

    assert wide.user_errors == [("FORBIDDEN", ["scopes", "1"]), ("FORBIDDEN", ["spaces", "0"])]
    assert fitting.user_errors == []


async def test_no_scope_beyond_those_of_the_account_is_granted_at_the_token_endpoint(
    api: Api,
) -> None:
    world = api.world

    for scope in ("platform:administer", "mandate:sign", "invoice:process", "openid"):
        answer = await token(api, world.erp.id, world.erp_secret, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), scope


async def test_an_accepted_connection_is_needed(api: Api) -> None:
    waiting = await api("supplier")(
        CREATE, input=an_account_for(api, connectionId=api.world.requested.id)
    )

    assert waiting.user_errors == [("WRONG_STATUS", ["connectionId"])]


async def test_machines_make_no_machines(api: Api) -> None:
    """Even one that would hold the permission, which no space gives."""
    manager = await api.world.actor("supplier")
    machine = replace(manager, kind=ActorKind.CLIENT)
    supplier, connection = api.world.parties.supplier.id, api.world.connection.id
    draft = TechnicalDraft("Enfant", ("invoice:issue",), ())
    before = await settled()

    for attempt in (
        lambda: life.request(machine, supplier, ConnectionDraft("E", "SI", "si@example.test")),
        lambda: technical.create(machine, connection, draft),
        lambda: technical.update(machine, api.world.spare.id, {"name": "X"}),
        lambda: technical.rotate(machine, api.world.spare.id),
        lambda: accounts.revoke_account(machine, api.world.spare.id),
        lambda: delegations.grant(
            machine, supplier, Delegate(structure_id=api.world.integrator.id), ERP_GRANTS
        ),
    ):
        with pytest.raises(Forbidden) as refused:
            await attempt()
        assert [p.rule for p in refused.value.problems] == ["BDR-CNX-007"]
    assert await settled() == before


async def test_another_structure_finds_none_of_it(api: Api) -> None:
    world, recipient = api.world, api("recipient")
    before = await settled()

    answers = [
        await recipient(CREATE, input=an_account_for(api)),
        await recipient(UPDATE, input={"id": world.erp.id, "name": "À moi"}),
        await recipient(ROTATE, input={"id": world.erp.id}),
        await recipient(REVOKE, input={"id": world.erp.id}),
    ]
    node = await recipient("query($id: ID!) { node(id: $id) { id } }", id=world.erp.id)

    assert [a.user_errors[0][0] for a in answers] == ["NOT_FOUND"] * 4
    assert node.payload is None
    assert (await recipient(STRUCTURES)).payload["nodes"] == []
    assert await settled() == before


async def test_a_narrower_scope_holds_for_the_tokens_of_before(api: Api) -> None:
    world = api.world
    before = await access(api, world.spare.id, await _secret_of_spare(api))
    await ask(api.http, VIEWER, {}, token=before)

    changed = await api("supplier")(
        UPDATE,
        input={"id": world.spare.id, "scopes": ["webhook:read"], "name": "Lecteur"},
    )
    seen = (await ask(api.http, VIEWER, {}, token=before)).payload

    assert changed.payload["technicalAccount"]["scopes"] == ["webhook:read"]
    assert seen["name"] == "Lecteur"
    assert [m["permissions"] for m in seen["memberships"]] == [["webhook:read"]]
    assert (await Client.get(id=world.spare.id)).scope == "webhook:read"


async def test_an_update_changes_what_is_given_and_nothing_else(api: Api) -> None:
    spare = await the_account(api.world.spare.id)

    await api("supplier")(UPDATE, input={"id": spare.id, "name": "Autre nom"})

    after = await the_account(spare.id)
    assert (after.name, after.scopes, after.spaces) == ("Autre nom", spare.scopes, spare.spaces)
    assert await kinds_about(spare.id) == [
        "technical_account.created",
        "technical_account.updated",
    ]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"scopes": ["mandate:sign"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
        ({"scopes": ["invoice:process"]}, [("NOT_ALLOWED", ["scopes", "0"])]),
        ({"scopes": None}, [("REQUIRED", ["scopes"])]),
        ({"name": None}, [("REQUIRED", ["name"])]),
        ({"structures": ["str_none"]}, [("NOT_ALLOWED", ["structures", "0"])]),
    ],
)
async def test_an_update_gives_no_more_than_a_creation(
    api: Api, changes: dict[str, Any], errors: list[tuple[str, list[str]]]
) -> None:
    before = await settled()

    answer = await api("supplier")(UPDATE, input={"id": api.world.spare.id, **changes})

    assert answer.user_errors == errors
    assert await settled() == before


async def test_an_account_outlives_its_author_and_the_others_are_told_once(api: Api) -> None:
    """It is the structure's: its invoices go on. Who may no longer decide cannot touch it."""
    world = api.world
    author = world.people["supplier"]
    heir = await an_account(world.parties.supplier, role=Role.SECONDARY_MANAGER)
    await Attachment.filter(member_id=author.id, structure_id=world.parties.supplier.id).update(
        role=Role.USER
    )

    told = [await accounts.ask_reviews(), await accounts.ask_reviews()]
    refused = await api("supplier")(ROTATE, input={"id": world.spare.id})
    still = await as_machine(api, world.erp.id, world.erp_secret, INVOICES)

    assert sum(told) in (0, 2)  # the worker of the site may have been quicker
    assert refused.user_errors == [("FORBIDDEN", ["id"])]
    assert (still.status, still.errors) == (200, [])
    assert (await letters_to(heir.email)).count("technical_account_review_asked") == 2
    for account in (world.erp.id, world.spare.id):
        assert (await kinds_about(account)).count("technical_account.review_asked") == 1

    # Whoever saves it answers for it.
    await technical.update(await actor_of(heir), world.erp.id, {"name": "ERP repris"})
    taken = await the_account(world.erp.id)
    assert (taken.vouched_by, taken.review_asked_at) == (heir.id, None)
    assert await accounts.ask_reviews() == 0


async def test_an_heir_gives_no_more_than_it_holds_itself(api: Api) -> None:
    world = api.world
    holds = frozenset({Permission.MANAGE_CONNECTIONS, Permission.READ_ISSUED})
    heir = replace(await api.world.actor("supplier"), rights={world.parties.supplier.id: holds})

    with pytest.raises(Exception, match="BDR-CNX-004") as refused:
        await technical.update(heir, world.spare.id, {"scopes": ("invoice:issue",)})

    assert [p.path for p in refused.value.problems] == [("scopes", "0")]  # type: ignore[attr-defined]  # a refusal


async def test_a_revoked_account_is_refused_everywhere_and_for_good(api: Api) -> None:
    world, secret = api.world, await _secret_of_spare(api)
    issued = await access(api, world.spare.id, secret)
    assert (await ask(api.http, VIEWER, {}, token=issued)).status == 200

    revoked = await api("supplier")(REVOKE, input={"id": world.spare.id})
    after = await ask(api.http, VIEWER, {}, token=issued)

    assert revoked.payload["technicalAccount"] == {
        "id": world.spare.id,
        "status": "REVOKED",
        "state": "REVOKED",
    }
    # The very next request, although the token was in the cache of the server.
    assert (after.status, after.codes) == (401, ["UNAUTHENTICATED"])
    assert await refusal(api, world.spare.id, secret) == (
        401,
        "invalid_client",
        "This technical account was revoked.",
    )
    assert (await rights_of(world.spare.id)).keys() == {world.spare.id}
    for text, more in ((ROTATE, {}), (UPDATE, {"name": "X"}), (REVOKE, {})):
        again = await api("supplier")(text, input={"id": world.spare.id, **more})
        assert again.user_errors == [("WRONG_STATUS", ["id"])]
    assert (await letters_to(world.people["supplier"].email))[-1] == "technical_account_revoked"


async def test_the_administrator_revokes_and_does_nothing_else(api: Api) -> None:
    site, spare = api("administrator"), api.world.spare.id

    renamed = await site(UPDATE, input={"id": spare, "name": "X"})
    revoked = await site(REVOKE, input={"id": spare})

    # The door of the others asks for connection:manage, which an administrator does not hold.
    assert renamed.codes == ["FORBIDDEN"]
    assert revoked.payload["technicalAccount"]["status"] == "REVOKED"


async def _secret_of_spare(api: Api) -> str:
    """A secret of the account that these tests may break."""
    return (await technical.rotate(await api.world.actor("supplier"), api.world.spare.id)).secret


AMONG_MEMBERS = (
    ("attachmentMove", {"action": "DEACTIVATE"}),
    ("attachmentMove", {"action": "REMOVE"}),
    ("attachmentSpacesSet", {"spaces": []}),
    ("attachmentUpdate", {"role": "SECONDARY_MANAGER"}),
)


@pytest.mark.parametrize(("field", "given"), AMONG_MEMBERS, ids=str)
async def test_what_a_machine_holds_is_not_changed_among_the_members(
    api: Api, field: str, given: dict[str, Any]
) -> None:
    """It follows from its account and from delegations, and would come back from there."""
    attachment = await Attachment.get(member_id=api.world.erp.id)
    kind = f"{field[0].upper()}{field[1:]}Input"
    text = f"mutation($i: {kind}!) {{ {field}(input: $i) {{ userErrors {{ code path rule }} }} }}"
    shown = "query($id: ID!) { node(id: $id) { ... on Attachment { role availableActions } } }"
    before = await settled()

    refused = await api("supplier")(text, i={"id": attachment.id, **given})
    seen = (await api("supplier")(shown, id=attachment.id)).payload

    assert [e["rule"] for e in refused.payload["userErrors"]] == ["BDR-CNX-019"]
    assert seen == {"role": "TECHNICAL", "availableActions": []}
    assert await settled() == before
