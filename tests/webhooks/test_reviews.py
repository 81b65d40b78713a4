"""Who may read what an endpoint was sent, and who answers for it when its author is gone."""

from __future__ import annotations

import pytest

from domain import events
from domain.access import Permission, Role
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.errors import Forbidden
from domain.mail.models import Mail
from tests.api import door
from tests.make import a_supplier, actor_of, an_account, an_actor, an_invoice, some_parties
from tests.webhooks.conftest import dispatched
from webhooks import endpoints, reviews
from webhooks.endpoints import EndpointDraft
from webhooks.models import Delivery, Endpoint, Payload

BODY = "query($id: ID!) { node(id: $id) { id ... on WebhookDelivery { body } } }"
P = Permission


async def a_delivery(payload: Payload = Payload.FULL) -> Delivery:
    """A deposit told to an endpoint of its supplier."""
    supplier = await a_supplier()
    document = "query($event: ID!) { event(id: $event) { id } }"
    draft = EndpointDraft(
        "https://erp.example.test/hook",
        kinds=("invoice.submitted",),
        payload=payload,
        document=document if payload is Payload.DOCUMENT else None,
    )
    endpoint = (await endpoints.create(an_actor(supplier), supplier.id, draft)).endpoint
    await an_invoice(parties=await some_parties(supplier=supplier))
    await dispatched()
    return await Delivery.get(endpoint_id=endpoint.id)


@pytest.mark.parametrize(
    ("held", "payload", "shown"),
    [
        ([P.READ_WEBHOOKS, P.READ_ISSUED], Payload.FULL, True),
        ([P.READ_WEBHOOKS], Payload.FULL, False),
        ([P.READ_WEBHOOKS, P.READ_RECEIVED], Payload.FULL, False),
        # A document may have read anything that the endpoint may.
        ([P.READ_WEBHOOKS, P.READ_ISSUED], Payload.DOCUMENT, False),
    ],
)
async def test_a_body_is_shown_to_who_may_read_what_it_says(
    database: str, held: list[Permission], payload: Payload, shown: bool
) -> None:
    delivery = await a_delivery(payload)
    reader = an_actor(delivery.structure_id, permissions=held)

    async with door({"reader": reader}) as ask:
        answer = await ask("reader", BODY, {"id": delivery.id})

    assert answer.errors == []
    assert answer.payload == {"id": delivery.id, "body": delivery.body if shown else None}


async def test_a_manager_reads_the_body_of_a_document(database: str) -> None:
    delivery = await a_delivery(Payload.DOCUMENT)

    async with door({"manager": an_actor(delivery.structure_id)}) as ask:
        answer = await ask("manager", BODY, {"id": delivery.id})

    assert answer.payload["body"] == delivery.body


@pytest.mark.parametrize("gone", ["removed", "closed"])
async def test_an_endpoint_outlives_its_author_and_asks_who_answers(
    database: str, gone: str
) -> None:
    supplier = await a_supplier()
    author = await an_account(supplier, role=Role.SECONDARY_MANAGER)
    heir = await an_account(supplier, role=Role.SECONDARY_MANAGER)
    made = await endpoints.create(
        await actor_of(author), supplier.id, EndpointDraft("https://erp.example.test/hook")
    )
    assert await reviews.ask_reviews() == 0
    start = await events.head()

    async with events.transaction():
        if gone == "removed":
            await Attachment.filter(member_id=author.id).update(status=AttachmentStatus.SUPPRIMEE)
        else:
            await Account.filter(id=author.id).update(status=AccountStatus.DISABLED)
    told = [await reviews.ask_reviews(), await reviews.ask_reviews()]

    assert told == [1, 0]
    assert [e.kind for e in await events.after(start, limit=10)] == [
        "webhook.endpoint_review_asked"
    ]
    # It still tells, and no more than before.
    kept = await Endpoint.get(id=made.endpoint.id)
    assert (kept.status, kept.permissions) == (made.endpoint.status, made.endpoint.permissions)
    assert await Mail.filter(recipient=heir.email, kind="webhook_review_asked").count() == 1

    taken = await endpoints.update(await actor_of(heir), kept.id, {})
    assert (taken.vouched_by, taken.review_asked_at) == (heir.id, None)
    assert await reviews.ask_reviews() == 0


async def test_who_reads_less_than_an_endpoint_neither_answers_for_it_nor_turns_it(
    database: str,
) -> None:
    supplier = await a_supplier()
    manager = await an_account(supplier, role=Role.SECONDARY_MANAGER)
    kept = await endpoints.create(
        await actor_of(manager), supplier.id, EndpointDraft("https://erp.example.test/hook")
    )
    technician = an_actor(supplier, permissions=[P.READ_WEBHOOKS, P.MANAGE_WEBHOOKS])

    await endpoints.update(technician, kept.endpoint.id, {"description": "Essais"})
    with pytest.raises(Forbidden):
        await endpoints.update(technician, kept.endpoint.id, {"url": "https://other.example.test"})

    assert (await Endpoint.get(id=kept.endpoint.id)).vouched_by == manager.id
