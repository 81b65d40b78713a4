"""Four readers of one log: what they tell agrees, from any cursor, to those who may see it."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from websockets.asyncio.client import connect

from auth import lookups
from domain import cursors, events
from domain.access import Level, Permission, Role, Space
from domain.accounts.models import Attachment, Habilitation
from domain.invoices import actions
from domain.invoices.lifecycle import InvoiceAction as A
from domain.lifecycle import Party
from domain.reference.statuses import InvoiceStatus as S
from resolvers import live
from tests.api import Api, served
from tests.conftest import an_empty_database
from tests.make import Situation, a_draft, a_situation, act, an_account, an_actor

FIELDS = "id kind subjectId subjectSequence cursor change { from to }"
STREAM = (
    "subscription($after: EventCursor, $filter: EventFilter) {"
    " eventStream(after: $after, filter: $filter, heartbeatSeconds: 1) { __typename"
    " ... on StreamReady { cursor backlog } ... on StreamHeartbeat { cursor }"
    " ... on StreamCursorExpired { oldest problem { rule remedy(locale: EN) } }"
    f" ... on EventFrame {{ cursor event {{ {FIELDS} }} }} }} }}"
)
PULL = (
    "query($after: EventCursor, $first: Int!, $filter: EventFilter) {"
    " events(after: $after, first: $first, filter: $filter) {"
    f" nodes {{ {FIELDS} }} endCursor hasMore }} }}"
)
HISTORY = (
    "query($id: ID!, $after: String) { invoice(by: {id: $id}) { history(first: 3, after: $after) {"
    f" nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
)
SNAPSHOT = "{ invoices(first: 100) { asOfCursor nodes { id version status } } }"


@dataclass
class Site:
    """The product on a real port."""

    api: Api
    port: int

    def situation(self, invoice: Any) -> Situation:
        return Situation(invoice, self.api.world.parties)


@pytest.fixture(scope="module")
async def site(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The product on a real port, shared by the tests of this module."""
    async with serving(template_url, tmp_path_factory.mktemp("streams")) as running:
        yield running


@asynccontextmanager
async def serving(template_url: str, folder: Path, **changes: Any) -> AsyncIterator[Site]:
    """The product on a real port, with a world."""
    url = await an_empty_database(template_url, folder)
    async with served(url, **changes) as api:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            api.application, lifespan="off", ws="websockets-sansio", log_config=None,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        # Signals are the business of the process that runs the tests.
        running = asyncio.create_task(server._serve([listener]))
        await until(lambda: server.started)
        yield Site(api, listener.getsockname()[1])
        server.should_exit = True
        await running
        listener.close()


@dataclass
class Reader:
    """What one stream told."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False

    @property
    def told(self) -> list[dict[str, Any]]:
        return [f["event"] for f in self.frames if f["__typename"] == "EventFrame"]

    @property
    def names(self) -> list[str]:
        return [f["__typename"] for f in self.frames]

    def take(self, answer: dict[str, Any]) -> None:
        """Keep what one answer holds."""
        self.frames += [frame for frame in (answer.get("data") or {}).values() if frame]
        self.errors += answer.get("errors", ())

    async def has(self, count: int) -> None:
        """Wait for so many events."""
        await until(lambda: len(self.told) >= count)


async def until(holds: Any) -> None:
    """Wait for something that must come."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes too
            await asyncio.sleep(0.005)


async def by_websocket(site: Site, token: str, reader: Reader, variables: dict[str, Any]) -> None:
    address = f"ws://127.0.0.1:{site.port}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as sock:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        asked = {"query": STREAM, "variables": variables}
        await sock.send(json.dumps(hello))
        await sock.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
        async for text in sock:
            message = json.loads(text)
            if message["type"] == "next":
                reader.take(message["payload"])
            elif message["type"] == "error":
                reader.take({"errors": message["payload"]})
                reader.ended = True
                return
            elif message["type"] == "complete":
                reader.ended = True
                return


async def by_sse(site: Site, token: str, reader: Reader, variables: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    if last := variables.pop("lastEventId", None):
        headers["last-event-id"] = last
    asked = {"query": STREAM, "variables": variables}
    address = f"http://127.0.0.1:{site.port}/graphql"
    async with (
        httpx2.AsyncClient(timeout=30) as http,
        http.stream("POST", address, json=asked, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (body := line[5:].strip()):
                reader.take(json.loads(body))
    reader.ended = True


ROADS = {"websocket": by_websocket, "sse": by_sse}


@asynccontextmanager
async def following(
    site: Site, road: str, persona: str, after: str | None = None, **variables: Any
) -> AsyncIterator[Reader]:
    """A stream that is open in the block, and ready."""
    reader = Reader()
    given = {"after": after, **variables}
    token = variables.pop("token", None) or site.api.token(persona) or ""
    task = asyncio.create_task(ROADS[road](site, token, reader, given))
    try:
        await until(lambda: reader.frames or task.done())
        yield reader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def pulled(
    site: Site, persona: str, after: str | None = None, *, size: int = 100, **variables: Any
) -> list[dict[str, Any]]:
    """Everything that the pull reader tells after the cursor."""
    told: list[dict[str, Any]] = []
    while True:
        page = (await site.api(persona)(PULL, after=after, first=size, **variables)).payload
        told += page["nodes"]
        after = page["endCursor"]
        if not page["hasMore"]:
            return told


async def a_life(site: Site) -> Situation:
    """An invoice of the world, from its deposit to its payment."""
    parties = site.api.world.parties
    done = await actions.submit(an_actor(parties.supplier), a_draft(parties))
    situation = site.situation(done.invoice)
    for action in (A.SUSPEND, A.ACKNOWLEDGE, A.COMPLETE, A.CERTIFY_SERVICE, A.PAY):
        await act(situation, action)
    return situation


async def test_every_reader_tells_the_same_story_in_the_same_order(site: Site) -> None:
    start = cursors.event(await events.head())
    async with (
        following(site, "websocket", "supplier") as socket_reader,
        following(site, "sse", "supplier") as sse_reader,
    ):
        situation = await a_life(site)
        await socket_reader.has(8)
        await sse_reader.has(8)

    pull = await pulled(site, "supplier", start)
    assert len(pull) == 8
    assert socket_reader.told == sse_reader.told == pull
    assert [e["subjectSequence"] for e in pull] == list(range(1, 9))
    history, after = [], None
    for _ in range(3):
        answer = await site.api("supplier")(HISTORY, id=situation.invoice.id, after=after)
        page = answer.payload["history"]
        history += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert history == pull
    cursors_told = [f["cursor"] for f in socket_reader.frames if f["__typename"] == "EventFrame"]
    assert cursors_told == [e["cursor"] for e in pull]


async def test_from_any_cursor_a_reader_is_told_exactly_what_follows(site: Site) -> None:
    whole = await pulled(site, "supplier")
    assert len(whole) > 8

    for place in {0, 1, len(whole) // 2, len(whole) - 2}:
        after, rest = whole[place]["cursor"], whole[place + 1 :]
        assert await pulled(site, "supplier", after) == rest
        assert await pulled(site, "supplier", after, size=2) == rest
        for road in ROADS:
            async with following(site, road, "supplier", after) as reader:
                await reader.has(len(rest))
            assert reader.told == rest
            assert reader.frames[0]["backlog"] >= len(rest)


async def test_an_event_source_that_connects_again_goes_on_where_it_was(site: Site) -> None:
    whole = await pulled(site, "supplier")
    last = whole[-3]["cursor"]

    async with following(site, "sse", "supplier", whole[0]["cursor"], lastEventId=last) as reader:
        await reader.has(2)

    assert reader.told == whole[-2:]


@pytest.mark.parametrize("road", ROADS)
async def test_a_snapshot_and_the_stream_after_it_have_no_hole(site: Site, road: str) -> None:
    parties = site.api.world.parties
    writers_done = False

    async def write(number: int) -> None:
        for _ in range(4):
            done = await actions.submit(an_actor(parties.supplier), a_draft(parties))
            await asyncio.sleep(random.random() / 100)
            situation = site.situation(done.invoice)
            await act(situation, random.choice([A.SUSPEND, A.CERTIFY_SERVICE, A.REJECT]))

    async def look() -> tuple[dict[str, int], Reader]:
        """The versions of a snapshot taken among the writers, and the stream after it."""
        await asyncio.sleep(random.random() / 10)
        page = (await site.api("supplier")(SNAPSHOT)).payload
        seen = {node["id"]: node["version"] for node in page["nodes"]}
        async with following(site, road, "supplier", page["asOfCursor"]) as reader:
            await until(lambda: writers_done)
            end = (await pulled(site, "supplier"))[-1]["id"]
            await until(lambda: any(e["id"] == end for e in reader.told))
        return seen, reader

    async def work() -> None:
        nonlocal writers_done
        await asyncio.gather(*(write(n) for n in range(4)))
        writers_done = True

    *looked, _ = await asyncio.gather(look(), look(), work())

    final = {n["id"]: n["version"] for n in (await site.api("supplier")(SNAPSHOT)).payload["nodes"]}
    for seen, reader in looked:
        followed = dict(seen)
        for event in reader.told:
            if event["subjectId"] in final:
                # Never a step beyond what is known: what was seen already may come again.
                assert event["subjectSequence"] <= followed.get(event["subjectId"], 0) + 1
                known = followed.get(event["subjectId"], 0)
                followed[event["subjectId"]] = max(known, event["subjectSequence"])
        assert followed == final
        assert len({e["id"] for e in reader.told}) == len(reader.told)


@pytest.mark.parametrize("road", ROADS)
async def test_a_quiet_stream_beats_and_its_cursor_advances(site: Site, road: str) -> None:
    async with following(site, road, "recipient") as reader:
        before = reader.frames[0]["cursor"]
        parties = site.api.world.parties
        await actions.save_draft(an_actor(parties.supplier), a_draft(parties))
        await until(lambda: "StreamHeartbeat" in reader.names)

    assert reader.told == []
    beat = next(f for f in reader.frames if f["__typename"] == "StreamHeartbeat")
    assert cursors.position_of(beat["cursor"]) == cursors.position_of(before) + 1


@pytest.mark.parametrize("road", ROADS)
async def test_a_cursor_of_another_life_of_the_log_is_told_so_and_the_stream_ends(
    site: Site, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, ahead = cursors.event(3), cursors.event(10_000)
    async with following(site, road, "supplier", ahead) as restored:
        await until(lambda: restored.ended)
    monkeypatch.setattr(cursors._cursors, "epoch", cursors._cursors.epoch + 1)
    async with following(site, road, "supplier", old) as reader:
        await until(lambda: reader.ended)

    for one in (restored, reader):
        assert one.names == ["StreamCursorExpired"]
        assert cursors.position_of(reader.frames[0]["oldest"]) == 0


@pytest.mark.parametrize("road", ROADS)
async def test_a_cursor_made_elsewhere_ends_the_stream_without_a_frame(
    site: Site, road: str
) -> None:
    forged = cursors.Cursors(b"another key").event(1)

    async with following(site, road, "supplier", forged) as reader:
        await until(lambda: reader.ended)

    assert reader.frames == []


async def test_a_recipient_is_told_nothing_before_the_deposit_and_nothing_of_drafts(
    site: Site,
) -> None:
    start = cursors.event(await events.head())
    parties = site.api.world.parties
    async with following(site, "websocket", "recipient") as reader:
        actor = an_actor(parties.supplier)
        saved = await actions.save_draft(actor, a_draft(parties))
        await actions.submit_draft(actor, saved.id)
        waiting = await a_situation(S.A_VALIDER_1, parties=parties)
        await act(waiting, A.VALIDATE)
        await reader.has(6)

    told = await pulled(site, "recipient", start)
    assert reader.told == told
    reached = ["DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION"]
    assert [e["change"]["to"] for e in told] == reached * 2
    history = (await site.api("recipient")(HISTORY, id=saved.id)).payload["history"]["nodes"]
    assert [e["change"]["to"] for e in history] == reached


@pytest.mark.parametrize("persona", ["recipient", "validator", "plain", "erp"])
async def test_nobody_is_told_what_is_not_theirs(site: Site, persona: str) -> None:
    start = cursors.event(await events.head())
    stranger = await a_situation(S.SUSPENDUE)
    async with following(site, "sse", persona, start) as reader:
        await a_life(site)
        await until(lambda: "StreamHeartbeat" in reader.names)

    told = await pulled(site, persona, start)
    assert stranger.invoice.id not in {e["subjectId"] for e in told}
    assert [e["id"] for e in reader.told] == [e["id"] for e in told][: len(reader.told)]
    actor = await site.api.world.actor(persona)
    log = await events.after(cursors.position_of(start), limit=500)
    assert [e["id"] for e in told] == [e.id for e in log if events.visible(e, actor)]


@pytest.mark.parametrize("road", ROADS)
async def test_rights_that_are_withdrawn_stop_a_stream(
    site: Site, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TRUST_SECONDS", 0.02)
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.0)
    parties = site.api.world.parties
    situation = await a_situation(parties=parties)
    account = await an_account(
        parties.recipient,
        role=Role.USER,
        spaces=[(Space.FACTURES_RECUES, Level.CONSULTATION_UNIQUEMENT)],
    )
    token = site.api.signed(account.id, site.api.world.erp.id, frozenset(Permission))
    async with following(site, road, "", token=token) as reader:
        await act(situation, A.TAKE_INTO_ACCOUNT)
        await reader.has(1)
        held = await Attachment.get(member_id=account.id)
        await Habilitation.filter(attachment_id=held.id).delete()
        # Whatever the caches still held is asked again by now.
        await asyncio.sleep(0.2)
        await act(situation, A.CERTIFY_SERVICE)
        await until(lambda: reader.ended or reader.names[-1] == "StreamHeartbeat")

    assert len(reader.told) == 1


async def test_a_filter_keeps_what_is_asked_on_every_road(site: Site) -> None:
    start = cursors.event(await events.head())
    one, other = await a_life(site), await a_life(site)
    parties = site.api.world.parties
    total = one.invoice.card()["totalGrossAfterDiscount"]
    wanted: list[tuple[dict[str, Any], int]] = [
        ({"kinds": ["INVOICE_SUBMITTED"]}, 2),
        ({"kinds": ["INVOICE_ACKNOWLEDGED", "INVOICE_SUBMITTED"]}, 4),
        ({"statuses": ["MISE_EN_PAIEMENT"]}, 2),
        ({"subjects": [one.invoice.id]}, 8),
        ({"subjects": [one.invoice.id], "statuses": ["SUSPENDUE", "MISE_EN_PAIEMENT"]}, 2),
        ({"structures": [parties.recipient.id]}, 16),
        ({"structures": [parties.validator_2.id]}, 0),
        ({"subjects": ["inv_unknown"]}, 0),
        ({"kinds": []}, 16),
        ({"subjectKinds": ["INVOICE"]}, 16),
        ({"subjectKinds": ["STRUCTURE"]}, 0),
        ({"depositModes": ["SAISIE_API", "EDI"]}, 16),
        ({"depositModes": ["SAISIE_PORTAIL"]}, 0),
        ({"directions": ["ISSUED"]}, 16),
        ({"directions": ["RECEIVED"]}, 0),
        ({"directions": ["ISSUED"], "structures": [parties.recipient.id]}, 0),
        ({"totalFrom": total, "totalTo": total}, 16),
        ({"totalFrom": str(Decimal(total) + Decimal("0.01"))}, 0),
        ({"services": ["svc_unknown"]}, 0),
    ]
    assert other.invoice.status == S.MISE_EN_PAIEMENT

    for filter_, count in wanted:
        told = await pulled(site, "supplier", start, size=3, filter=filter_)
        assert len(told) == count, filter_
        async with following(site, "sse", "supplier", start, filter=filter_) as reader:
            await reader.has(count)
            await until(
                lambda reader=reader: "StreamHeartbeat" in reader.names
            ) if not count else None
        assert reader.told == told, filter_


async def test_a_filter_that_cannot_be_is_refused_with_every_problem(site: Site) -> None:
    bad = {"kinds": ["ACCOUNT_ACTIVATED"], "totalFrom": "2", "totalTo": "1"}

    pull = await site.api("supplier")(PULL, after=None, first=1, filter=bad)
    async with (
        httpx2.AsyncClient(timeout=30) as http,
        http.stream(
            "POST",
            f"http://127.0.0.1:{site.port}/graphql",
            json={"query": STREAM, "variables": {"after": None, "filter": bad}},
            headers={
                "authorization": f"Bearer {site.api.token('supplier')}",
                "accept": "text/event-stream",
            },
        ) as answer,
    ):
        text = "".join([part async for part in answer.aiter_text()])

    assert pull.codes == ["BAD_USER_INPUT"]
    rules = [rule["rule"] for rule in pull.errors[0]["extensions"]["rules"]]
    assert rules == ["BDR-WHK-040", "BDR-WHK-041", "BDR-WHK-041"]
    assert all(rule in text for rule in rules)


async def test_a_validator_is_told_from_the_moment_it_is_asked(site: Site) -> None:
    start = cursors.event(await events.head())
    waiting = await a_situation(S.A_VALIDER_2, parties=site.api.world.parties)

    told = await pulled(site, "validator", start)
    own = [e["change"]["to"] for e in told if e["subjectId"] == waiting.invoice.id]

    assert own == ["A_VALIDER_1", "VALIDEE_1", "A_VALIDER_2"]
    second = an_actor(waiting.parties.of(Party.VALIDATOR_2))
    log = await events.of_subject(waiting.invoice.id)
    assert [e.change.to for e in log if e.change and events.visible(e, second)] == ["A_VALIDER_2"]


LAST = (
    "query($last: Int!, $after: EventCursor, $filter: EventFilter) {"
    " events(last: $last, after: $after, filter: $filter) {"
    f" nodes {{ {FIELDS} }} startCursor endCursor hasMore }} }}"
)


async def test_the_last_events_are_the_end_of_what_is_pulled(site: Site) -> None:
    await a_life(site)
    whole = await pulled(site, "supplier")
    paid = {"statuses": ["MISE_EN_PAIEMENT"]}
    fitting = await pulled(site, "supplier", filter=paid)

    for filter_, known in ((None, whole), (paid, fitting)):
        for last in (1, 3, 100):
            page = (await site.api("supplier")(LAST, last=last, filter=filter_)).payload
            assert page["nodes"] == known[-last:]
            assert page["hasMore"] is False
            # From the place before them a reader is told the same.
            assert (
                await pulled(site, "supplier", page["startCursor"], filter=filter_)
                == (known[-last:])
            )
            assert await pulled(site, "supplier", page["endCursor"], filter=filter_) == []


async def test_nothing_last_is_the_end_of_the_log(site: Site) -> None:
    nothing = {"subjects": ["inv_unknown"]}

    page = (await site.api("supplier")(LAST, last=5, filter=nothing)).payload

    assert page["nodes"] == []
    assert page["startCursor"] == page["endCursor"] == cursors.event(await events.head())


@pytest.mark.parametrize("variables", [{"last": 0}, {"last": 101}, {"last": -1}])
async def test_the_last_ones_have_their_bounds(site: Site, variables: dict[str, Any]) -> None:
    assert (await site.api("supplier")(LAST, **variables)).codes == ["BAD_USER_INPUT"]


async def test_the_last_ones_follow_no_cursor(site: Site) -> None:
    answer = await site.api("supplier")(LAST, last=1, after=cursors.event(0))

    assert answer.codes == ["BAD_USER_INPUT"]
