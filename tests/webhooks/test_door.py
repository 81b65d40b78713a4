"""Webhooks as callers use them: through GraphQL, with the worker of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api import Api, served
from tests.webhooks.receiver import Receiver

CREATE = """mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {
  endpoint { id url status events structure { id } filter { statuses } }
  secret replayed userErrors { code path rule } } }"""
PING = """mutation($input: WebhookEndpointPingInput!) { webhookEndpointPing(input: $input) {
  endpoint { id } cursor userErrors { code path rule } } }"""
ROTATE = """mutation($input: WebhookEndpointSecretRotateInput!) {
  webhookEndpointSecretRotate(input: $input) {
    endpoint { id previousSecretUntil } secret replayed userErrors { code path rule } } }"""
REDELIVER = """mutation($input: WebhookDeliveryRedeliverInput!) {
  webhookDeliveryRedeliver(input: $input) {
    delivery { id isOrdered } userErrors { code path rule } } }"""
DELIVERIES = """query($endpoint: ID, $states: [WebhookDeliveryState!], $event: ID, $subject: ID) {
  webhookDeliveries(endpoint: $endpoint, states: $states, event: $event, subject: $subject) {
    totalCount nodes { id state eventId eventKind subjectId subjectSequence body attemptCount
      endpoint { id } attempts { number status error excerpt requestId nextWhy } } } }"""
ENDPOINTS = "{ webhookEndpoints { nodes { id status deliveries(first: 5) { nodes { id } } } } }"
HISTORY = """query($endpoint: ID) { webhookDeliveries(endpoint: $endpoint, first: 5) { nodes {
  attemptHistory(first: 5) { nodes { id number } } } } }"""
NODE = "query($id: ID!) { node(id: $id) { ... on WebhookAttempt { number } } }"
EXPLAIN = """query($event: ID!, $endpoint: ID!) {
  explainDelivery(event: $event, endpoint: $endpoint) {
    code label(locale: EN) behind delivery { id state } } }"""


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    """The whole application, allowed to post to this machine."""
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as one:
        yield one


async def create(api: Api, receiver: Receiver, **changes: object) -> tuple[str, str]:
    answer = await api("erp")(
        CREATE,
        input={"structureId": api.world.parties.supplier.id, "url": receiver.url} | changes,
    )
    assert answer.payload["userErrors"] == []
    return answer.payload["endpoint"]["id"], answer.payload["secret"]


async def test_from_creation_to_a_verified_ping_and_its_record(
    api: Api, receiver: Receiver
) -> None:
    endpoint, secret = await create(api, receiver, events=["INVOICE_SUBMITTED"])
    answer = await api("erp")(PING, input={"id": endpoint})
    assert answer.payload["userErrors"] == []
    await receiver.has(1)

    (message,) = receiver.messages
    assert message.is_signed_by(secret)
    assert message.content["cursor"] == answer.payload["cursor"]
    # The answer reaches the receiver before its record reaches the database.
    for _ in range(200):
        found = await api("erp")(DELIVERIES, endpoint=endpoint, states=["DELIVERED"])
        if found.payload["nodes"]:
            break
    (delivery,) = found.payload["nodes"]
    (attempt,) = delivery.pop("attempts")
    assert delivery == {
        "id": delivery["id"],
        "state": "DELIVERED",
        "eventId": message.id,
        "eventKind": "WEBHOOK_PING",
        "subjectId": endpoint,
        "subjectSequence": 2,
        "body": message.body.decode(),
        "attemptCount": 1,
        "endpoint": {"id": endpoint},
    }
    assert attempt == {
        "number": 1,
        "status": 200,
        "error": None,
        "excerpt": "ok",
        "requestId": message.headers["x-request-id"],
        "nextWhy": "DELIVERED",
    }
    explained = await api("erp")(EXPLAIN, event=message.id, endpoint=endpoint)
    assert explained.payload["code"] == "DELIVERED"

    history = await api("erp")(HISTORY, endpoint=endpoint)
    (of_delivery,) = history.payload["nodes"]
    (last,) = of_delivery["attemptHistory"]["nodes"]
    assert last["number"] == 1
    assert (await api("erp")(NODE, id=last["id"])).payload == {"number": 1}
    assert (await api("recipient")(NODE, id=last["id"])).payload is None

    again = await api("erp")(REDELIVER, input={"id": delivery["id"]})
    assert again.payload["delivery"] == {"id": delivery["id"], "isOrdered": False}
    await receiver.has(2)
    assert receiver.messages[1].body == message.body


async def test_a_secret_is_shown_once_even_to_who_asks_twice(api: Api, receiver: Receiver) -> None:
    key = {"idempotencyKey": "one"}
    first, secret = await create(api, receiver, **key)
    asked = {"structureId": api.world.parties.supplier.id, "url": receiver.url} | key

    again = await api("erp")(CREATE, input=asked)

    assert again.payload["replayed"] is True
    assert again.payload["endpoint"]["id"] == first
    assert (secret[:6], again.payload["secret"]) == ("whsec_", None)


async def test_a_refused_address_is_an_error_of_the_user(api: Api) -> None:
    asked = {"structureId": api.world.parties.supplier.id, "url": "https://169.254.169.254/"}

    answer = await api("erp")(CREATE, input=asked)

    assert answer.user_errors == [("ADDRESS_NOT_ALLOWED", ["url"])]
    assert answer.payload["secret"] is None


async def test_a_filter_is_shown_as_it_was_given(api: Api, receiver: Receiver) -> None:
    given = {
        "subjectKinds": ["INVOICE"],
        "subjects": ["inv_1"],
        "structures": [api.world.parties.recipient.id],
        "services": ["svc_1"],
        "statuses": ["SUSPENDUE"],
        "depositModes": ["SAISIE_API"],
        "directions": ["RECEIVED"],
        "totalFrom": "1000",
        "totalTo": "2000.50",
    }
    endpoint, _ = await create(api, receiver, filter=given)

    shown = await api("erp")(
        f"query($id: ID!) {{ webhookEndpoint(id: $id) {{ filter {{ {' '.join(given)} }} }} }}",
        id=endpoint,
    )

    assert shown.payload["filter"] == {**given, "totalTo": "2000.5"}


async def test_a_filter_that_nothing_fits_is_refused(api: Api, receiver: Receiver) -> None:
    filter = {"subjectKinds": ["ACCOUNT"], "totalFrom": "2", "totalTo": "1"}
    asked = {"structureId": api.world.parties.supplier.id, "url": receiver.url}

    answer = await api("erp")(
        CREATE, input={**asked, "events": ["INVOICE_SUBMITTED"], "filter": filter}
    )

    assert answer.user_errors == [
        ("INVALID_VALUE", ["filter", "totalFrom"]),
        ("INVALID_VALUE", ["filter", "subjectKinds"]),
    ]


async def test_rotating_gives_a_new_secret_and_says_until_when_the_old_one_signs(
    api: Api, receiver: Receiver
) -> None:
    endpoint, old = await create(api, receiver)

    answer = await api("erp")(ROTATE, input={"id": endpoint})

    assert answer.payload["secret"] != old
    assert answer.payload["endpoint"]["previousSecretUntil"] is not None


async def test_another_structure_sees_neither_endpoints_nor_deliveries(
    api: Api, receiver: Receiver
) -> None:
    endpoint, _ = await create(api, receiver)
    await api("erp")(PING, input={"id": endpoint})
    await receiver.has(1)

    for ask in (ENDPOINTS, DELIVERIES):
        seen = await api("recipient")(ask)
        assert seen.errors == [] and seen.payload["nodes"] == []  # noqa: PT018 - one fact
    refused = await api("recipient")(PING, input={"id": endpoint})
    assert refused.user_errors == [("NOT_FOUND", ["id"])]


async def test_nobody_reads_webhooks_without_the_permission(api: Api) -> None:
    assert (await api("anonymous")(ENDPOINTS)).codes == ["UNAUTHENTICATED"]


async def test_the_status_of_an_invoice_reaches_the_receiver(api: Api, receiver: Receiver) -> None:
    await create(
        api,
        receiver,
        events=["INVOICE_STATUS_CHANGED"],
        filter={"statuses": ["SUSPENDUE", "MISE_A_DISPOSITION"]},
    )
    invoice = api.world.names()["invoice"]

    moved = await api("recipient")(
        "mutation($input: InvoiceMoveInput!) { invoiceMove(input: $input) {"
        " invoice { status } userErrors { code path rule } } }",
        input={
            "id": invoice,
            "action": "SUSPEND",
            "reason": "JUSTIF_ABS",
            "comment": "il manque le bon",
            "idempotencyKey": "suspend",
        },
    )
    assert moved.user_errors == []
    await receiver.has(1)

    (message,) = receiver.contents
    assert message["type"] == "invoice.status_changed"
    assert (message["subject"], message["change"]["to"]) == (invoice, "SUSPENDUE")
    assert message["change"]["reason"]["code"] == "JUSTIF_ABS"
    assert message["change"]["actor"] == {"kind": "RECIPIENT"}
    assert message["data"]["status"] == "SUSPENDUE"
