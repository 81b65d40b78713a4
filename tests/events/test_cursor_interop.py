"""One cursor everywhere: whatever surface gave it, every other goes on from it, or says why not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from domain import cursors, events
from domain.ids import new_id
from domain.invoices import actions
from domain.reference.statuses import InvoiceStatus as S
from tests.events.test_streams import Site, a_life, following, pulled, serving, until
from tests.make import a_draft, a_situation, an_actor
from tests.webhooks.receiver import Receiver

CREATE = """mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {
  endpoint { id } userErrors { code path rule } } }"""
PAUSE = """mutation($input: WebhookEndpointPauseInput!) { webhookEndpointPause(input: $input) {
  userErrors { code path rule } } }"""
RESUME = """mutation($input: WebhookEndpointResumeInput!) { webhookEndpointResume(input: $input) {
  endpoint { id } userErrors { code path rule remedy params { key value } } } }"""
CONSUMER = """mutation($input: EventConsumerCreateInput!) { eventConsumerCreate(input: $input) {
  consumer { id } userErrors { code path rule remedy params { key value } } } }"""
SEEK = """mutation($input: EventConsumerSeekInput!) { eventConsumerSeek(input: $input) {
  consumer { id } userErrors { code path rule remedy params { key value } } } }"""
TAKE = """mutation($input: EventInboxTakeInput!) { eventInboxTake(input: $input) {
  lease { id items { cursor event { id } webhookBody } } userErrors { rule } } }"""
ACK = """mutation($input: EventInboxAckInput!) { eventInboxAck(input: $input) {
  acknowledged userErrors { code path rule remedy params { key value } } } }"""
SETTLE = """mutation($input: EventConsumerSettleInput!) { eventConsumerSettle(input: $input) {
  consumer { id } userErrors { code path rule remedy params { key value } } } }"""
REPLAY = """mutation($input: WebhookReplayInput!) { webhookReplayStart(input: $input) {
  replay { id } userErrors { code path rule remedy params { key value } } } }"""
DELETE = """mutation($input: WebhookEndpointDeleteInput!) { webhookEndpointDelete(input: $input) {
  userErrors { code path rule } } }"""
BODIES = """query($after: EventCursor, $first: Int!, $structure: ID!) {
  events(after: $after, first: $first) { nodes { id webhookBody(structure: $structure) } } }"""


@pytest.fixture(scope="module")
async def site(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The product on a real port, allowed to post to this machine."""
    folder = tmp_path_factory.mktemp("interop")
    async with serving(template_url, folder, webhook_allow=("127.0.0.0/8",)) as running:
        yield running


@dataclass
class Story:
    """What a receiver was told of one life of an invoice."""

    receiver: Receiver
    endpoint: str
    subject: str
    bodies: list[dict[str, Any]]


@pytest.fixture
async def story(site: Site) -> AsyncIterator[Story]:
    """An endpoint that received the whole life of an invoice."""
    receiver = Receiver()
    await receiver.start()
    supplier, ask = site.api.world.parties.supplier.id, site.api("supplier")
    created = await ask(CREATE, input={"structureId": supplier, "url": receiver.url})
    assert created.user_errors == []
    endpoint = created.payload["endpoint"]["id"]
    subject = (await a_life(site)).invoice.id

    def told() -> list[dict[str, Any]]:
        return [body for body in receiver.contents if body["subject"] == subject]

    await until(lambda: len(told()) == 8)
    yield Story(receiver, endpoint, subject, told())
    await ask(DELETE, input={"id": endpoint})
    await receiver.stop()


async def next_by_pull(site: Site, cursor: str) -> str:
    return str((await pulled(site, "supplier", cursor))[0]["id"])


def next_by_stream(road: str, *, as_last_event_id: bool = False) -> Callable[..., Awaitable[str]]:
    async def next_(site: Site, cursor: str) -> str:
        first = cursors.event(0)
        given = {"lastEventId": cursor} if as_last_event_id else {}
        after = first if as_last_event_id else cursor
        async with following(site, road, "supplier", after, **given) as reader:
            await reader.has(1)
        return str(reader.told[0]["id"])

    return next_


async def a_group(site: Site, **given: Any) -> str:
    """A group of the supplier; its identifier."""
    supplier = site.api.world.parties.supplier.id
    asked = {"structureId": supplier, "name": new_id("nam"), **given}
    answer = await site.api("supplier")(CONSUMER, input=asked)
    assert answer.user_errors == []
    return str(answer.payload["consumer"]["id"])


async def next_of(site: Site, consumer: str) -> dict[str, Any]:
    taken = await site.api("supplier")(TAKE, input={"consumerId": consumer, "first": 1})
    item: dict[str, Any] = taken.payload["lease"]["items"][0]
    return item


async def next_by_new_group(site: Site, cursor: str) -> str:
    consumer = await a_group(site, start="CURSOR", cursor=cursor)
    return str((await next_of(site, consumer))["event"]["id"])


async def next_by_moved_group(site: Site, cursor: str) -> str:
    consumer = await a_group(site)
    asked = {"consumerId": consumer, "start": "CURSOR", "cursor": cursor}
    await site.api("supplier")(SEEK, input=asked)
    return str((await next_of(site, consumer))["event"]["id"])


NEXT: dict[str, Callable[[Site, str], Awaitable[str]]] = {
    "events": next_by_pull,
    "websocket": next_by_stream("websocket"),
    "sse": next_by_stream("sse"),
    "last-event-id": next_by_stream("sse", as_last_event_id=True),
    "new group": next_by_new_group,
    "moved group": next_by_moved_group,
}


@pytest.mark.parametrize("surface", NEXT)
async def test_the_cursor_of_a_webhook_that_was_received_goes_on_everywhere(
    site: Site, story: Story, surface: str
) -> None:

    for place in (0, 3, 6):
        told = await NEXT[surface](site, story.bodies[place]["cursor"])
        assert told == story.bodies[place + 1]["id"]


async def test_an_endpoint_is_resumed_from_a_cursor_of_any_surface(
    site: Site, story: Story
) -> None:
    await site.api("supplier")(PAUSE, input={"id": story.endpoint})
    subject = (await a_life(site)).invoice.id
    given_up = [e for e in await pulled(site, "supplier") if e["subjectId"] == subject][3]
    before = len(story.receiver.contents)

    answer = await site.api("supplier")(
        RESUME, input={"id": story.endpoint, "start": "SINCE", "cursor": given_up["cursor"]}
    )

    assert answer.user_errors == []
    await until(
        lambda: (
            [
                b["subjectSequence"]
                for b in story.receiver.contents[before:]
                if b["subject"] == subject
            ]
            == [5, 6, 7, 8]
        )
    )


async def test_the_cursor_that_a_group_hands_out_goes_on_everywhere(
    site: Site, story: Story
) -> None:
    consumer = await a_group(site, start="CURSOR", cursor=story.bodies[2]["cursor"])
    item = await next_of(site, consumer)

    assert json.loads(item["webhookBody"]) == story.bodies[3]
    assert item["cursor"] == story.bodies[3]["cursor"]
    for next_ in NEXT.values():
        assert await next_(site, item["cursor"]) == story.bodies[4]["id"]


async def test_a_replay_begins_at_a_cursor_of_any_surface(site: Site, story: Story) -> None:
    told = [e for e in await pulled(site, "supplier") if e["subjectId"] == story.subject]
    before = len(story.receiver.contents)

    answer = await site.api("supplier")(
        REPLAY,
        input={
            "endpointId": story.endpoint,
            "from": {"cursor": told[4]["cursor"]},
            "to": {"cursor": told[6]["cursor"]},
        },
    )

    assert answer.user_errors == []
    expected = sorted(e["id"] for e in told[5:7])
    await until(
        lambda: (
            sorted(
                body["id"]
                for body in story.receiver.contents[before:]
                if body["subject"] == story.subject
            )
            == expected
        )
    )


async def test_every_place_of_one_instant_is_one_cursor(site: Site, story: Story) -> None:
    end = await events.head()
    page = await site.api("supplier")(
        "{ invoices(first: 1) { asOfCursor } }",
    )
    told = (await pulled(site, "supplier"))[-1]

    assert page.payload["asOfCursor"] == told["cursor"] == cursors.event(end)
    await until(lambda: told["cursor"] in {c["cursor"] for c in story.receiver.contents})
    draft = a_draft(site.api.world.parties)
    saved = await actions.save_draft(an_actor(site.api.world.parties.supplier), draft)
    log = await events.of_subject(saved.id)
    assert (await pulled(site, "supplier", told["cursor"]))[0]["id"] == log[0].id


async def test_the_webhook_body_that_is_pulled_is_the_one_that_was_received(
    site: Site, story: Story
) -> None:
    parties = site.api.world.parties
    asked = {"after": story.bodies[0]["cursor"], "first": 7}

    page = await site.api("supplier")(BODIES, **asked, structure=parties.supplier.id)
    of_another = await site.api("supplier")(BODIES, **asked, structure=parties.recipient.id)

    sent = {m.id: m.body.decode() for m in story.receiver.messages}
    assert [n["webhookBody"] for n in page.payload["nodes"]] == [
        sent[body["id"]] for body in story.bodies[1:]
    ]
    # Their copy names their structure: it is not for somebody else's eyes.
    assert {n["webhookBody"] for n in of_another.payload["nodes"]} == {None}


# What is wrong with a cursor, and the rule that says so.
async def of_another_key(site: Site) -> str:
    return cursors.Cursors(b"another key").event(1)


async def altered(site: Site) -> str:
    return "A" + cursors.event(1)[1:]


async def of_a_list(site: Site) -> str:
    page = await site.api("supplier")("{ invoices(first: 1) { pageInfo { endCursor } } }")
    return str(page.payload["pageInfo"]["endCursor"])


async def of_a_restored_backup(site: Site) -> str:
    other = cursors.Cursors(b"", cursors._cursors.epoch + 1)
    other._key = cursors._cursors._key
    return other.event(1)


async def from_the_future(site: Site) -> str:
    return cursors.event(await events.head() + 1_000)


BAD: dict[str, tuple[Callable[[Site], Awaitable[str]], str]] = {
    "another key": (of_another_key, "BDR-EVT-001"),
    "altered": (altered, "BDR-EVT-001"),
    "of a list": (of_a_list, "BDR-EVT-002"),
    "restored backup": (of_a_restored_backup, "BDR-EVT-003"),
    "from the future": (from_the_future, "BDR-EVT-004"),
}

Said = tuple[str, str, str]


async def said_by_pull(site: Site, cursor: str) -> Said:
    answer = await site.api("supplier")(
        "query($c: EventCursor) { events(after: $c) { endCursor } }", c=cursor
    )
    assert answer.codes == ["BAD_CURSOR"]
    told = answer.errors[0]["extensions"]
    return told["rules"][0]["rule"], told["remedy"], told["oldest"]


def said_by_stream(road: str) -> Callable[[Site, str], Awaitable[Said]]:
    async def said(site: Site, cursor: str) -> Said:
        async with following(site, road, "supplier", cursor) as reader:
            await until(lambda: reader.ended)
        if reader.errors:
            told = reader.errors[0]["extensions"]
            assert told["code"] == "BAD_CURSOR"
            return told["rules"][0]["rule"], told["remedy"], told["oldest"]
        (frame,) = reader.frames
        assert frame["__typename"] == "StreamCursorExpired"
        return frame["problem"]["rule"], frame["problem"]["remedy"], frame["oldest"]

    return said


async def said_by_resume(site: Site, cursor: str) -> Said:
    endpoint = site.api.world.paused.id
    answer = await site.api("supplier")(
        RESUME, input={"id": endpoint, "start": "SINCE", "cursor": cursor}
    )
    return said_in(answer.payload["userErrors"])


async def said_by_new_group(site: Site, cursor: str) -> Said:
    supplier = site.api.world.parties.supplier.id
    asked = {"structureId": supplier, "name": "bad", "start": "CURSOR", "cursor": cursor}
    answer = await site.api("supplier")(CONSUMER, input=asked)
    return said_in(answer.payload["userErrors"])


def said_of_group(mutation: str, **given: Any) -> Callable[[Site, str], Awaitable[Said]]:
    async def said(site: Site, cursor: str) -> Said:
        asked = {k: [cursor] if v is ... else cursor if v is None else v for k, v in given.items()}
        consumer = await a_group(site)
        answer = await site.api("supplier")(mutation, input={"consumerId": consumer, **asked})
        return said_in(answer.payload["userErrors"])

    return said


def said_in(user_errors: list[dict[str, Any]]) -> Said:
    (one,) = user_errors
    params = {p["key"]: p["value"] for p in one["params"]}
    return one["rule"], one["remedy"], params["oldest"]


async def said_by_replay(site: Site, cursor: str) -> Said:
    endpoint = site.api.world.endpoint.id
    answer = await site.api("supplier")(
        REPLAY, input={"endpointId": endpoint, "from": {"cursor": cursor}}
    )
    return said_in(answer.payload["userErrors"])


SAYS: dict[str, Callable[[Site, str], Awaitable[Said]]] = {
    "events": said_by_pull,
    "websocket": said_by_stream("websocket"),
    "sse": said_by_stream("sse"),
    "webhook resume": said_by_resume,
    "webhook replay": said_by_replay,
    "new group": said_by_new_group,
    "moved group": said_of_group(SEEK, start="CURSOR", cursor=None),
    "acknowledgement": said_of_group(ACK, leaseId="evl_unknown", cursors=...),
    "set aside": said_of_group(SETTLE, settling="RETRY", cursors=...),
}


@pytest.mark.parametrize("surface", SAYS)
@pytest.mark.parametrize("bad", BAD)
async def test_a_cursor_that_leads_nowhere_is_refused_alike_everywhere(
    site: Site, surface: str, bad: str
) -> None:
    make, expected = BAD[bad]

    rule, remedy, oldest = await SAYS[surface](site, await make(site))

    assert rule == expected
    assert oldest == cursors.event(0)
    assert oldest in remedy


async def test_a_page_refuses_the_cursor_of_the_log(site: Site) -> None:
    situation = await a_situation(S.SUSPENDUE, parties=site.api.world.parties)
    assert situation.invoice.id

    answer = await site.api("supplier")(
        "query($c: String) { invoices(after: $c) { nodes { id } } }", c=cursors.event(1)
    )

    assert answer.codes == ["BAD_CURSOR"]
    assert json.dumps(answer.errors).find("cursor") > 0
