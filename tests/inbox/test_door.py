"""Groups as callers use them: through GraphQL, by those who may and those who may not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from domain import events
from domain.access import Permission
from domain.inbox.models import Consumer, Item
from domain.invoices import actions
from tests.api import Api
from tests.make import a_draft, an_actor
from webhooks.envelope import body_of

ERRORS = "userErrors { code path rule remedy }"
CREATE = f"""mutation($input: EventConsumerCreateInput!) {{ eventConsumerCreate(input: $input) {{
  consumer {{ id name onBlocked maxDeliveries leaseSeconds structure {{ id }}
    filter {{ kinds statuses }} standing {{ cursor unreadCount }} }}
  replayed cursor {ERRORS} }} }}"""
TAKE = f"""mutation($input: EventInboxTakeInput!) {{ eventInboxTake(input: $input) {{
  lease {{ id member takenBy until isOut items {{ cursor subjectId deliveryCount webhookBody
    event {{ id kind cursor subjectId }} }} }}
  consumer {{ id }} replayed {ERRORS} }} }}"""
ACK = f"""mutation($input: EventInboxAckInput!) {{ eventInboxAck(input: $input) {{
  acknowledged lost consumer {{ standing {{ outCount }} }} {ERRORS} }} }}"""
RETURN = f"""mutation($input: EventInboxReturnInput!) {{ eventInboxReturn(input: $input) {{
  consumer {{ id }} {ERRORS} }} }}"""
EXTEND = f"""mutation($input: EventInboxExtendInput!) {{ eventInboxExtend(input: $input) {{
  lease {{ id until }} {ERRORS} }} }}"""
SEEK = f"""mutation($input: EventConsumerSeekInput!) {{ eventConsumerSeek(input: $input) {{
  consumer {{ standing {{ cursor }} }} {ERRORS} }} }}"""
SETTLE = f"""mutation($input: EventConsumerSettleInput!) {{ eventConsumerSettle(input: $input) {{
  consumer {{ id }} {ERRORS} }} }}"""
UPDATE = f"""mutation($input: EventConsumerUpdateInput!) {{ eventConsumerUpdate(input: $input) {{
  consumer {{ name maxDeliveries filter {{ kinds }} }} {ERRORS} }} }}"""
DELETE = f"""mutation($input: EventConsumerDeleteInput!) {{ eventConsumerDelete(input: $input) {{
  consumer {{ id }} {ERRORS} }} }}"""
ONE = """query($id: ID!) { eventConsumer(id: $id) { id name
  leases(first: 5) { nodes { id member takenBy isOut items { cursor } } }
  setAside(first: 5) { nodes { cursor deliveryCount setAsideAt event { id } } }
  standing { cursor outCount waitingCount unreadCount unreadCountIsExact setAsideCount oldestAt
    lagSeconds } } }"""
LIST = """query($structure: ID) { eventConsumers(structure: $structure) { nodes { id name } } }"""


async def create(api: Api, **changes: Any) -> str:
    supplier = api.world.parties.supplier.id
    answer = await api("erp")(CREATE, input={"structureId": supplier, "name": "ERP"} | changes)
    assert answer.user_errors == []
    return str(answer.payload["consumer"]["id"])


async def deposit(api: Api) -> str:
    """An invoice of the supplier; its identifier."""
    parties = api.world.parties
    return (await actions.submit(an_actor(parties.supplier), a_draft(parties))).invoice.id


async def take(api: Api, consumer: str, **order: Any) -> Any:
    answer = await api("erp")(TAKE, input={"consumerId": consumer, "first": 50} | order)
    assert (answer.errors, answer.user_errors) == ([], [])
    return answer.payload["lease"]


async def test_from_creation_to_an_acknowledged_event(api: Api) -> None:
    consumer = await create(api, filter={"kinds": ["INVOICE_SUBMITTED"]})
    invoice = await deposit(api)

    lease = await take(api, consumer, member="node 1")
    (item,) = lease["items"]
    again = await take(api, consumer)
    seen = (await api("supplier")(ONE, id=consumer)).payload
    done = await api("erp")(
        ACK, input={"consumerId": consumer, "leaseId": lease["id"], "cursors": [item["cursor"]]}
    )

    assert again is None
    assert (item["subjectId"], item["deliveryCount"]) == (invoice, 1)
    (event,) = [e for e in await events.of_subject(invoice) if e.kind == "invoice.submitted"]
    assert item["event"]["id"] == event.id
    assert item["event"]["cursor"] == item["cursor"]
    # The very body of a webhook.
    supplier = api.world.parties.supplier.id
    assert item["webhookBody"] == body_of(event, supplier, "sandbox").decode()
    assert json.loads(item["webhookBody"])["cursor"] == item["cursor"]
    (shown,) = seen["leases"]["nodes"]
    assert (shown["member"], shown["takenBy"], shown["isOut"]) == ("node 1", api.world.erp.id, True)
    assert seen["standing"]["outCount"] == 1
    assert (done.payload["acknowledged"], done.payload["lost"]) == (1, [])
    assert done.payload["consumer"]["standing"]["outCount"] == 0


async def test_a_member_that_waits_is_handed_what_comes(api: Api) -> None:
    consumer = await create(api, filter={"kinds": ["INVOICE_SUBMITTED"]})

    waiting = asyncio.create_task(take(api, consumer, waitSeconds=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    invoice = await deposit(api)
    lease = await waiting

    assert [item["subjectId"] for item in lease["items"]] == [invoice]


async def test_a_member_that_waits_is_handed_what_another_gives_back(api: Api) -> None:
    consumer = await create(api)
    await deposit(api)
    lease = await take(api, consumer)

    waiting = asyncio.create_task(take(api, consumer, waitSeconds=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    back = await api("erp")(RETURN, input={"consumerId": consumer, "leaseId": lease["id"]})

    assert back.user_errors == []
    handed = await waiting
    assert [i["cursor"] for i in handed["items"]] == [i["cursor"] for i in lease["items"]]


async def test_a_wait_ends_with_nothing(api: Api) -> None:
    consumer = await create(api)

    assert await take(api, consumer, waitSeconds=1) is None


async def test_a_wait_may_be_longer_than_operations_may_run(database_url: str) -> None:
    from tests.api import served  # noqa: PLC0415 - as in conftest

    async with served(database_url, execution_seconds=0.3) as api:
        consumer = await create(api)

        assert await take(api, consumer, waitSeconds=1) is None


@pytest.mark.parametrize("seconds", [-1, -(2**31), 21, 2**31 - 1])
async def test_a_wait_has_its_bounds(api: Api, seconds: int) -> None:
    consumer = await create(api)

    answer = await api("erp")(TAKE, input={"consumerId": consumer, "waitSeconds": seconds})

    assert answer.user_errors == [("OUT_OF_RANGE", ["waitSeconds"])]


async def test_the_same_key_is_handed_the_same_lease(api: Api) -> None:
    consumer = await create(api)
    await deposit(api)

    one = await take(api, consumer, idempotencyKey="take-1")
    again = await api("erp")(
        TAKE, input={"consumerId": consumer, "first": 50, "idempotencyKey": "take-1"}
    )

    assert again.payload["replayed"] is True
    assert again.payload["lease"]["items"] == one["items"]


async def test_a_lease_is_extended_a_group_changed_moved_and_deleted(api: Api) -> None:
    consumer = await create(api, maxDeliveries=1)
    await deposit(api)
    lease = await take(api, consumer, first=1)
    ask = api("erp")

    longer = await ask(
        EXTEND, input={"consumerId": consumer, "leaseId": lease["id"], "leaseSeconds": 600}
    )
    assert longer.payload["lease"]["until"] > lease["until"]
    await ask(RETURN, input={"consumerId": consumer, "leaseId": lease["id"], "hasFailed": True})
    await take(api, consumer, first=1)
    (aside,) = (await ask(ONE, id=consumer)).payload["setAside"]["nodes"]
    assert aside["cursor"] == lease["items"][0]["cursor"]
    settled = await ask(
        SETTLE, input={"consumerId": consumer, "settling": "RETRY", "cursors": [aside["cursor"]]}
    )
    assert settled.user_errors == []
    changed = await ask(
        UPDATE, input={"consumerId": consumer, "name": "New", "filter": {"kinds": ["WEBHOOK_PING"]}}
    )
    assert changed.payload["consumer"] == {
        "name": "New",
        "maxDeliveries": 1,
        "filter": {"kinds": ["WEBHOOK_PING"]},
    }
    moved = await ask(
        SEEK,
        input={"consumerId": consumer, "start": "CURSOR", "cursor": lease["items"][0]["cursor"]},
    )
    assert moved.payload["consumer"]["standing"]["cursor"] == lease["items"][0]["cursor"]
    assert await Item.all().count() == 0
    assert (await ask(DELETE, input={"consumerId": consumer})).user_errors == []
    assert (await ask(ONE, id=consumer)).payload is None
    assert (await ask(LIST, structure=api.world.parties.supplier.id)).payload["nodes"] == []


async def test_groups_and_leases_are_found_by_their_identifier(api: Api) -> None:
    consumer = await create(api)
    await deposit(api)
    lease = await take(api, consumer)
    query = "query($id: ID!) { node(id: $id) { __typename id } }"

    for identifier, name in ((consumer, "EventConsumer"), (lease["id"], "EventLease")):
        found = await api("supplier")(query, id=identifier)
        assert found.payload == {"__typename": name, "id": identifier}
        assert (await api("recipient")(query, id=identifier)).payload is None


async def test_what_may_not_be_read_is_not_shown_with_what_was_set_aside(api: Api) -> None:
    consumer = await create(api, maxDeliveries=1)
    await deposit(api)
    lease = await take(api, consumer, first=1)
    ask = api("erp")
    await ask(RETURN, input={"consumerId": consumer, "leaseId": lease["id"], "hasFailed": True})
    await take(api, consumer, first=1)
    token = api.signed(
        api.world.erp.id, api.world.erp.id, frozenset({Permission.READ_WEBHOOKS.value})
    )

    answer = await api.http.post(
        "/graphql",
        json={"query": ONE, "variables": {"id": consumer}},
        headers={"authorization": f"Bearer {token}"},
    )

    (aside,) = answer.json()["data"]["eventConsumer"]["setAside"]["nodes"]
    assert aside["event"] is None
    assert aside["cursor"]


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "create": (CREATE, {"structureId": "{supplier}", "name": "Mine"}),
    "update": (UPDATE, {"consumerId": "{consumer}", "name": "Mine"}),
    "seek": (SEEK, {"consumerId": "{consumer}", "start": "BEGINNING"}),
    "delete": (DELETE, {"consumerId": "{consumer}"}),
    "settle": (SETTLE, {"consumerId": "{consumer}", "settling": "DISCARD"}),
    "take": (TAKE, {"consumerId": "{consumer}"}),
    "ack": (ACK, {"consumerId": "{consumer}", "leaseId": "{lease}"}),
    "return": (RETURN, {"consumerId": "{consumer}", "leaseId": "{lease}"}),
    "extend": (EXTEND, {"consumerId": "{consumer}", "leaseId": "{lease}", "leaseSeconds": 60}),
}


@pytest.mark.parametrize("name", WRONG)
async def test_nobody_else_touches_a_group(api: Api, name: str) -> None:
    consumer = await create(api)
    await deposit(api)
    lease = await take(api, consumer, first=1)
    names = {
        "{supplier}": api.world.parties.supplier.id,
        "{consumer}": consumer,
        "{lease}": lease["id"],
    }
    text, input_ = WRONG[name]
    given = {k: names.get(v, v) if isinstance(v, str) else v for k, v in input_.items()}
    before = (await events.head(), await Item.all().count(), await Consumer.all().count())

    of_another = await api("recipient")(text, input=given)
    without_right = await api("plain")(text, input=given)
    nobody = await api("anonymous")(text, input=given)

    assert [code for code, _ in of_another.user_errors] == ["NOT_FOUND"]
    assert without_right.codes == ["FORBIDDEN"]
    assert nobody.codes == ["UNAUTHENTICATED"]
    after = (await events.head(), await Item.all().count(), await Consumer.all().count())
    assert after == before


async def test_nobody_else_sees_a_group(api: Api) -> None:
    consumer = await create(api)

    assert (await api("recipient")(ONE, id=consumer)).payload is None
    assert (await api("recipient")(LIST)).payload["nodes"] == []
    assert (await api("plain")(ONE, id=consumer)).codes == ["FORBIDDEN"]
    assert (await api("plain")(LIST)).codes == ["FORBIDDEN"]
    assert [n["id"] for n in (await api("erp")(LIST)).payload["nodes"]] == [consumer]
