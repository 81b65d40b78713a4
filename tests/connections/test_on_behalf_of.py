"""Whatever a machine does says in whose name, and to its own side which machine it was."""

from __future__ import annotations

import json

from domain.invoices import actions
from tests.api import Api
from tests.make import a_draft
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft, create
from webhooks.models import Delivery

TOLD = (
    "query($filter: EventFilter) { events(filter: $filter) { nodes {"
    " kind actor { kind party name technicalAccount }"
    " onBehalfOf { structureId structure { id name } } } } }"
)


async def test_an_event_says_on_whose_behalf_and_to_its_own_side_which_machine(api: Api) -> None:
    erp, parties = api.world.erp, api.world.parties
    invoice = (await actions.submit(await api.world.actor("erp"), a_draft(parties))).invoice
    asked = {"filter": {"subjects": [invoice.id], "kinds": ["INVOICE_SUBMITTED"]}}

    seen = {who: await api(who)(TOLD, **asked) for who in ("supplier", "erp", "recipient")}

    principal = {"id": parties.supplier.id, "name": parties.supplier.name}
    behalf = {"structureId": parties.supplier.id, "structure": principal}
    to_all = {"kind": "CLIENT", "party": "SUPPLIER"}
    own = {
        "kind": "INVOICE_SUBMITTED",
        "actor": {**to_all, "name": erp.name, "technicalAccount": erp.id},
        "onBehalfOf": behalf,
    }
    other = {**own, "actor": {**to_all, "name": None, "technicalAccount": None}}
    assert {who: answer.payload["nodes"] for who, answer in seen.items()} == {
        "supplier": [own],
        "erp": [own],
        "recipient": [other],
    }


async def test_a_person_is_no_technical_account(api: Api) -> None:
    person = await api.world.actor("supplier")
    invoice = (await actions.submit(person, a_draft(api.world.parties))).invoice

    told = await api("supplier")(TOLD, filter={"subjects": [invoice.id]})

    authors = [node["actor"] for node in told.payload["nodes"]]
    assert authors[0]["kind"] == "PERSON"
    assert authors[0]["name"] == "Jeanne Durand"
    assert {author["technicalAccount"] for author in authors} == {None}


async def test_a_webhook_says_the_same_to_each_side(api: Api) -> None:
    erp, parties = api.world.erp, api.world.parties
    for side, structure in (("supplier", parties.supplier), ("recipient", parties.recipient)):
        draft = EndpointDraft(f"https://{side}.example.test/", kinds=("invoice.submitted",))
        await create(await api.world.actor(side), structure.id, draft)

    invoice = (await actions.submit(await api.world.actor("erp"), a_draft(parties))).invoice
    await dispatch()

    bodies = {
        row.structure_id: json.loads(row.body)
        for row in await Delivery.filter(subject_id=invoice.id, event_kind="invoice.submitted")
    }
    assert {on: body["onBehalfOf"] for on, body in bodies.items()} == {
        parties.supplier.id: parties.supplier.id,
        parties.recipient.id: parties.supplier.id,
    }
    assert bodies[parties.supplier.id]["actor"] == {
        "kind": "CLIENT",
        "party": "SUPPLIER",
        "technicalAccount": {"id": erp.id, "name": erp.name},
    }
    assert bodies[parties.recipient.id]["actor"]["technicalAccount"] is None
