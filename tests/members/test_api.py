"""Members through the door: lists, actions offered, history, export; rights that hold at once."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import pytest

from domain import events
from domain.access import DEFAULT_SPACES, Level, Permission, Role, Space
from domain.accounts.models import Attachment, Habilitation
from domain.events import transaction
from domain.structures import managers, members, siret_changes
from frontend_contract.operations import operations
from resolvers import live
from resolvers.events import hub
from resolvers.loaders import Loaders
from resolvers.root import schema
from schema.context import Context
from tests.api import Answer, Api, ask
from tests.make import a_service, actor_of, an_account, an_actor, an_administrator, an_invoice
from tests.placeholders import filled

OPERATIONS = {one.name: one for one in operations()}
MINE = "{ viewer { attachments { id status structure { name } availableActions } } }"
LIST = """query ($filter: AttachmentFilter) {
  attachments(filter: $filter) {
    nodes { id role status member { kind name email } availableActions }
  }
}"""
OF_STRUCTURE = """query ($id: ID!, $filter: AttachmentFilter) {
  structure(by: {id: $id}) {
    attachments(filter: $filter) { nodes { member { name email } } totalCount }
    spaces { nodes { space status } }
    history { nodes { kind actor { name } } }
  }
}"""
HISTORY = """query ($id: ID!) {
  structure(by: {id: $id}) { history(first: 50) { nodes { kind actor { name kind } } } }
}"""
EXPORT = "query ($id: ID!) { membersExport(structure: $id) { csv rows after } }"
ISSUED = "{ invoices(filter: {parties: [SUPPLIER]}) { nodes { id } } }"
SET = """mutation ($input: AttachmentSpacesSetInput!) {
  attachmentSpacesSet(input: $input) {
    attachment { version habilitations { space level } } userErrors { code path rule }
  }
}"""
DECIDE = """mutation ($input: AttachmentsDecideInput!) {
  attachmentsDecide(input: $input) {
    attachments { id status } userErrors { code path rule message } replayed
  }
}"""


async def operate(api: Api, name: str, persona: str | None = None, **changes: Any) -> Answer:
    """Run a registered operation as its persona, or as another."""
    operation = OPERATIONS[name]
    variables = filled(operation.variables, api.world.names())
    if changes:
        variables["input"] = {**variables["input"], **changes}
    return await api(persona or operation.persona)(operation.text, **variables)


# The technical accounts that act for the supplier in the world of the tests.
MACHINES = ("ERP Durand", "Ancien ERP", "Connecteur universel")


async def test_a_manager_sees_its_members_and_what_it_may_do_to_each(api: Api) -> None:
    answer = await api("supplier")(LIST, filter={"mine": False})

    shown = {n["member"]["name"]: n for n in answer.payload["nodes"]}
    assert shown.keys() == {"Nadia Nouvelle", "Pierre Simple", *MACHINES}
    assert shown["Nadia Nouvelle"]["availableActions"] == ["ACCEPT", "REFUSE"]
    assert shown["Pierre Simple"]["availableActions"] == [
        "CHANGE_ROLE",
        "SET_SPACES",
        "DEACTIVATE",
        "REMOVE",
    ]
    erp = shown["ERP Durand"]
    assert (erp["member"], erp["role"]) == (
        {"kind": "TECHNICAL_ACCOUNT", "name": "ERP Durand", "email": None},
        "TECHNICAL",
    )
    assert shown["Pierre Simple"]["member"]["email"] == api.world.people["plain"].email


async def test_pending_requests_are_one_filter(api: Api) -> None:
    answer = await api("supplier")(LIST, filter={"waiting": True, "mine": False})

    assert [n["member"]["name"] for n in answer.payload["nodes"]] == ["Nadia Nouvelle"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("nadia", ["Nadia Nouvelle"]),
        ("NOUVELLE", ["Nadia Nouvelle"]),
        ("%", []),
        ("_", []),
        ("\u202e", []),
        ("  ", [*MACHINES, "Pierre Simple", "Nadia Nouvelle"]),
        ("x" * 1_000, []),
    ],
)
async def test_members_are_searched_by_name(api: Api, search: str, names: list[str]) -> None:
    answer = await api("supplier")(LIST, filter={"search": search, "mine": False})

    assert sorted(n["member"]["name"] for n in answer.payload["nodes"]) == sorted(names)


async def test_a_plain_member_sees_itself_alone(api: Api) -> None:
    answer = await api("plain")(LIST)
    structure = await api("plain")(OF_STRUCTURE, id=api.world.parties.supplier.id)

    assert {n["member"]["name"] for n in answer.payload["nodes"]} == {"Pierre Simple"}
    shown = structure.payload
    assert [n["member"]["name"] for n in shown["attachments"]["nodes"]] == ["Pierre Simple"]
    opened = {node["space"] for node in shown["spaces"]["nodes"]}
    assert {space.value for space in DEFAULT_SPACES} < opened
    assert shown["history"]["nodes"] == []


async def test_a_person_follows_its_requests_without_any_right_elsewhere(api: Api) -> None:
    answer = await api("plain")(MINE)

    shown = {a["status"]: a for a in answer.payload["attachments"]}
    assert shown["EN_COURS_DE_VALIDATION"]["structure"]["name"] == "Commune de Saint-Étienne"
    assert shown["EN_COURS_DE_VALIDATION"]["availableActions"] == ["CANCEL"]
    assert shown["VALIDEE"]["availableActions"] == ["ASK_SPACES", "LEAVE"]


async def test_what_insee_does_not_disclose_is_not_told_to_who_asks(api: Api) -> None:
    recipient = api.world.parties.recipient
    async with transaction():
        await type(recipient).filter(id=recipient.id).update(insee_undisclosed=True)

    answer = await api("plain")(MINE)

    (asked,) = [a for a in answer.payload["attachments"] if a["status"] != "VALIDEE"]
    assert asked["structure"] is None


async def test_an_attachment_of_others_is_not_found_by_its_identifier(api: Api) -> None:
    node = "query ($id: ID!) { node(id: $id) { id } }"
    newcomer = api.world.attachments["newcomer"].id
    seen = {}

    for persona in ("supplier", "administrator", "recipient", "plain", "erp"):
        answer = await api(persona)(node, id=newcomer)
        seen[persona] = answer.payload is not None

    assert seen == {
        "supplier": True,
        "administrator": True,
        "recipient": False,
        "plain": False,
        "erp": False,
    }


async def test_a_request_of_another_structure_is_not_found_and_nothing_is_written(
    api: Api,
) -> None:
    newcomer = api.world.attachments["newcomer"].id
    head = await events.head()

    answer = await api("recipient")(DECIDE, input={"decisions": [{"id": newcomer, "accept": True}]})

    assert answer.user_errors == [("NOT_FOUND", ["decisions", "0", "id"])]
    assert await events.head() == head


async def test_ten_thousand_decisions_are_refused_before_they_cost_anything(api: Api) -> None:
    newcomer = api.world.attachments["newcomer"].id
    head = await events.head()

    answer = await api("supplier")(
        DECIDE, input={"decisions": [{"id": newcomer, "accept": True}] * 10_000}
    )

    refused = answer.codes or [code for code, _ in answer.user_errors]
    assert refused in (["TOO_MANY"], ["PAYLOAD_TOO_LARGE"], ["BAD_USER_INPUT"])
    assert await events.head() == head


async def test_a_decision_sent_twice_is_taken_once(api: Api) -> None:
    newcomer = api.world.attachments["newcomer"].id
    asked = {"decisions": [{"id": newcomer, "accept": True}], "idempotencyKey": "once"}

    first, second = [await api("supplier")(DECIDE, input=asked) for _ in range(2)]

    assert first.payload["attachments"] == [{"id": newcomer, "status": "VALIDEE"}]
    assert (second.payload["replayed"], second.payload["attachments"]) == (True, None)
    assert second.user_errors == []


async def test_rights_given_and_taken_hold_at_the_next_request(api: Api) -> None:
    member = api.world.attachments["member"].id
    token = api.token("plain")
    seen = []
    for level in (None, "CONSULTATION_UNIQUEMENT", None):
        if seen or level:
            spaces = [{"space": "FACTURES_EMISES", "level": level}] if level else []
            answer = await api("supplier")(SET, input={"id": member, "spaces": spaces})
            assert answer.user_errors == []
        listed = await ask(api.http, ISSUED, {}, token=token)
        seen.append(bool(listed.data and listed.payload["nodes"]))

    assert seen == [False, True, False]


@pytest.mark.parametrize(
    ("act", "persona"),
    [("SpaceClose", "supplier"), ("AttachmentMove", "supplier"), ("MainManagerReplace", None)],
)
async def test_a_token_in_use_loses_what_is_taken_at_once(
    api: Api, act: str, persona: str | None
) -> None:
    world = api.world
    member = world.attachments["member"]
    async with transaction():
        await Habilitation.create(
            id="hab_00000000000000000000000000",
            attachment_id=member.id,
            space=Space.FACTURES_A_VALIDER,
            level=Level.MODIFICATION,
        )
    who = "supplier" if act == "MainManagerReplace" else "plain"
    before = await api(who)("{ viewer { memberships { structure { id } permissions } } }")

    assert (await operate(api, act, persona)).user_errors == []

    after = await api(who)("{ viewer { memberships { structure { id } permissions } } }")
    held = [
        {m["structure"]["id"]: m["permissions"] for m in a.payload["memberships"]}.get(
            world.parties.supplier.id, []
        )
        for a in (before, after)
    ]
    lost = set(held[0]) - set(held[1])
    assert {
        "SpaceClose": "invoice:validate",
        "AttachmentMove": "structure:read",
        "MainManagerReplace": "structure:hand_over",
    }[act] in lost


async def test_the_history_of_a_structure_tells_who_did_what(api: Api) -> None:
    supplier = api.world.parties.supplier.id
    await operate(api, "AttachmentsDecide")
    await operate(api, "SpaceOpen")
    await operate(api, "StructureSiretChangeDeclare")

    manager = await api("supplier")(HISTORY, id=supplier)
    site = await api("administrator")(HISTORY, id=supplier)
    other = await api("recipient")(HISTORY, id=supplier)

    told = [(n["kind"], n["actor"]["name"]) for n in manager.payload["history"]["nodes"]]
    assert told[:3] == [
        ("STRUCTURE_SIRET_CHANGE_DECLARED", "Jeanne Durand"),
        ("SPACE_OPENED", "Jeanne Durand"),
        ("MEMBER_ACCEPTED", "Jeanne Durand"),
    ]
    kinds = {kind for kind, _ in told}
    assert {"MEMBER_REQUESTED", "MANDATE_SIGNED", "WEBHOOK_ENDPOINT_PAUSED"} <= kinds
    assert not any(kind.startswith("INVOICE") for kind in kinds)
    assert [n["kind"] for n in site.payload["history"]["nodes"]] == [kind for kind, _ in told]
    assert other.payload is None or other.payload["history"]["nodes"] == []


async def test_the_export_is_a_table_that_a_spreadsheet_does_not_run(api: Api) -> None:
    supplier = api.world.parties.supplier
    await an_account(
        supplier,
        role=Role.USER,
        display_name='=HYPERLINK("http://x";"y")',
        spaces=[(Space.FACTURES_EMISES, Level.MODIFICATION)],
    )

    answer = await api("supplier")(EXPORT, id=supplier.id)
    others = await api("recipient")(EXPORT, id=supplier.id)

    rows = list(csv.DictReader(io.StringIO(answer.payload["csv"]), delimiter=";"))
    assert (answer.payload["rows"], answer.payload["after"]) == (len(rows), None)
    shown = {row["Nom"]: row for row in rows}
    assert shown["Jeanne Durand"]["Rôle"] == "Gestionnaire principal"
    assert shown["Nadia Nouvelle"]["État"] == "En cours de validation"
    assert shown["ERP Durand"]["Courriel"] == ""
    disarmed = shown['\'=HYPERLINK("http://x";"y")']
    assert disarmed["Espaces"] == "Factures émises (Modification)"
    assert others.payload is None


async def test_an_open_stream_loses_what_is_taken_within_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TRUST_SECONDS", 0.02)
    world = api.world
    parties = world.parties
    spaces = [(Space.FACTURES_EMISES, Level.CONSULTATION_UNIQUEMENT)]
    account = await an_account(parties.supplier, role=Role.USER, spaces=spaces)
    member = await Attachment.get(member_id=account.id)

    async def again() -> Any:
        return await actor_of(account)

    context = Context(
        actor=await again(), request_id="test", make_loaders=Loaders, reauthenticate=again
    )
    text = (
        "subscription { eventStream(heartbeatSeconds: 1) { __typename"
        " ... on EventFrame { event { kind subjectId } } } }"
    )
    told: list[str] = []

    async def follow() -> None:
        stream = await schema.subscribe(text, context_value=context)
        async for result in stream:  # type: ignore[union-attr]  # a valid operation streams
            frame = result.data["eventStream"]
            if frame["__typename"] == "EventFrame":
                told.append(frame["event"]["kind"])

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.1)
    await an_invoice(parties=parties)
    async with asyncio.timeout(20):
        while len(told) < 3:  # noqa: ASYNC110 - the hub runs by itself
            await asyncio.sleep(0.01)
    boss = await world.actor("supplier")
    await members.set_spaces(boss, member.id, [])
    await asyncio.sleep(0.2)
    await an_invoice(parties=parties)
    await asyncio.sleep(0.3)
    following.cancel()

    assert hub.position == await events.head()
    # Its own attachment is told to it; the invoice of afterwards is not.
    assert [k for k in told if k.startswith("INVOICE")] == told[:3]
    assert told[3:] == ["MEMBER_SPACES_CHANGED"]


async def test_a_service_shows_its_member_its_own_invoices_by_every_road(api: Api) -> None:
    recipient = api.world.parties.recipient
    service = await a_service(recipient)
    manager = an_actor(recipient)
    text = "mutation ($input: SpaceOpenInput!) { spaceOpen(input: $input) { userErrors { code } } }"
    opened = {"structureId": recipient.id, "space": "FACTURES_RECUES", "serviceId": service.id}
    assert (await api("recipient")(text, input=opened)).user_errors == []
    account = await an_account(recipient, role=Role.USER)
    member = await Attachment.get(member_id=account.id)
    wish = members.Wish(Space.FACTURES_RECUES, Level.MODIFICATION, service.id)
    await members.set_spaces(manager, member.id, [wish])
    own = await an_invoice(parties=api.world.parties, recipient_service_code=service.code)
    other = await an_invoice(parties=api.world.parties)
    token = api.signed(account.id, api.world.erp.id, frozenset(Permission))
    query = (
        "query ($own: ID!, $other: ID!) { invoices { nodes { id availableActions { action enabled }"
        " } totalCount } own: invoice(by: {id: $own}) { id history { nodes { kind } } }"
        " other: invoice(by: {id: $other}) { id }"
        " viewer { services { service { code } permissions } } }"
    )

    answer = await ask(api.http, query, {"own": own.id, "other": other.id}, token=token)
    pulled = await ask(api.http, "{ events(first: 100) { nodes { subjectId } } }", {}, token=token)

    assert answer.errors == []
    (shown,) = answer.data["invoices"]["nodes"]
    assert shown["id"] == own.id
    enabled = {a["action"] for a in shown["availableActions"] if a["enabled"]}
    assert {"TAKE_INTO_ACCOUNT", "REJECT"} <= enabled
    assert (answer.data["own"]["id"], answer.data["other"]) == (own.id, None)
    assert answer.data["own"]["history"]["nodes"]
    assert answer.data["viewer"]["services"] == [
        {
            "service": {"code": service.code},
            "permissions": ["invoice:process", "invoice:read_received"],
        }
    ]
    subjects = {n["subjectId"] for n in pulled.payload["nodes"]}
    assert own.id in subjects
    assert other.id not in subjects


async def test_a_structure_is_found_by_its_former_siret(api: Api) -> None:
    change = api.world.siret_change
    confirmed = await operate(api, "StructureSiretChangeDecide")
    text = "query ($siret: String!) { structure(by: {siret: $siret}) { id siret } }"

    answer = await api("supplier")(text, siret=change.old_siret)

    assert confirmed.payload["siretChange"]["status"] == "CONFIRME"
    assert answer.payload == {"id": api.world.unsigned.id, "siret": change.new_siret}


async def test_what_waits_for_the_site_is_a_list_of_its_own(api: Api) -> None:
    text = "{ siretChanges { nodes { id structure { name } } } }"
    for persona, count in (("administrator", 1), ("supplier", 1), ("recipient", 0)):
        answer = await api(persona)(text)
        assert len(answer.payload["nodes"]) == count, persona

    change = api.world.siret_change.id
    await siret_changes.decide(an_administrator(), change, confirm=False, comment="Non.")

    assert (await api("administrator")(text)).payload["nodes"] == []


async def test_an_administrator_is_offered_a_decision_only_where_nobody_manages(api: Api) -> None:
    newcomer = api.world.attachments["newcomer"].id
    text = "query ($id: ID!) { node(id: $id) { ... on Attachment { availableActions } } }"
    managed = await api("administrator")(text, id=newcomer)
    async with transaction():
        await Attachment.filter(
            structure_id=api.world.parties.supplier.id, role=Role.MAIN_MANAGER
        ).update(role=Role.USER)

    unmanaged = await api("administrator")(text, id=newcomer)

    assert managed.payload["availableActions"] == []
    assert unmanaged.payload["availableActions"] == ["ACCEPT", "REFUSE"]
    assert await managers.sole_manager_of(api.world.people["supplier"].id) == [
        api.world.unsigned.id
    ]
