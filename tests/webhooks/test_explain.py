"""Every event and endpoint has one explanation: one row per cause, then whatever may happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from domain.access import Permission
from domain.clock import Clock
from domain.events import Change, Event
from domain.structures.models import Structure
from tests.make import a_structure, an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver, Reply
from webhooks import endpoints, explain, replaying, replays
from webhooks.dispatch import dispatch
from webhooks.endpoints import Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.matching import PING
from webhooks.models import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointStatus,
    SkipReason,
)
from webhooks.words import EXPLANATIONS

EXHAUSTED = "webhook.deliveries_exhausted"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER, BEFORE = AT + timedelta(minutes=5), AT - timedelta(minutes=5)
MINE = "str_mine"


def an_unsaved_endpoint(**changes: Any) -> Endpoint:
    given = {
        "id": "whe_1",
        "structure_id": MINE,
        "permissions": [Permission.READ_STRUCTURE.value, Permission.READ_WEBHOOKS.value],
        "since_position": 10,
        "status": EndpointStatus.ACTIVE,
    }
    return Endpoint(**(given | changes))


def an_event(**changes: Any) -> Event:
    given = {
        "id": "evt_1",
        "kind": "structure.updated",
        "occurred_at": AT,
        "recorded_at": AT,
        "subject_kind": "structure",
        "subject_id": "str_2",
        "subject_sequence": 1,
        "actor_kind": "PERSON",
        "actor_id": "acc_1",
        "actor_name": "Camille",
        "data": {},
        "audience": [(MINE, Permission.READ_STRUCTURE.value)],
        "position": 20,
    }
    return Event(**(given | changes))


def a_delivery(state: DeliveryState, **changes: Any) -> Delivery:
    known = {"id": "whd_1", "endpoint_id": "whe_1", "event_id": "evt_1", "body": "{}"}
    return Delivery(state=state, **known | changes)


S, E = DeliveryState, EndpointStatus
FOREIGN = [("str_else", Permission.READ_STRUCTURE.value)]
ABOUT_WEBHOOKS = [(MINE, Permission.READ_WEBHOOKS.value)]
# Without a delivery: the endpoint, the event, how far the log is dispatched.
NONE: list[tuple[Why, dict[str, Any], dict[str, Any], int]] = [
    (Why.BEFORE_ITS_TIME, {}, {"position": 10}, 30),
    (Why.NOT_VISIBLE, {}, {"audience": FOREIGN}, 30),
    (Why.NOT_VISIBLE, {"permissions": []}, {}, 30),
    (Why.PING_OF_ANOTHER, {}, {"kind": PING, "audience": ABOUT_WEBHOOKS}, 30),
    (
        Why.ITS_OWN_TROUBLE,
        {},
        {"kind": EXHAUSTED, "audience": ABOUT_WEBHOOKS, "subject_id": "whe_1"},
        30,
    ),
    (Why.KIND_NOT_ASKED, {"kinds": ["invoice.submitted"]}, {}, 30),
    (Why.FILTERED_OUT, {"wanted": {"subjects": ["str_9"]}}, {}, 30),
    (Why.ENDPOINT_DELETED, {"status": E.DELETED}, {}, 30),
    (Why.NOT_DISPATCHED_YET, {}, {}, 19),
    (Why.WAS_NOT_ASKED_THEN, {}, {}, 20),
    (Why.NO_LONGER_KEPT, {}, {"recorded_at": AT - timedelta(days=91)}, 20),
]
# With a delivery: its state, what else is known of it, and the endpoint.
STATES: list[tuple[Why, DeliveryState, dict[str, Any], dict[str, Any]]] = [
    (Why.DELIVERED, S.DELIVERED, {}, {"status": E.DELETED}),
    (Why.EXHAUSTED, S.EXHAUSTED, {}, {}),
    (Why.BEING_SENT, S.DELIVERING, {}, {"status": E.PAUSED}),
    (Why.RESUMED_WITHOUT, S.SKIPPED, {"skip_reason": SkipReason.RESUMED_WITHOUT.value}, {}),
    (Why.ENDPOINT_DELETED, S.SKIPPED, {"skip_reason": SkipReason.ENDPOINT_DELETED.value}, {}),
    (Why.BLOCKED_TOO_LONG, S.SKIPPED, {"skip_reason": SkipReason.BLOCKED_TOO_LONG.value}, {}),
    (Why.REPLAY_CANCELLED, S.SKIPPED, {"skip_reason": SkipReason.REPLAY_CANCELLED.value}, {}),
    (Why.ENDPOINT_PAUSED, S.PENDING, {"next_attempt_at": BEFORE}, {"status": E.PAUSED}),
    (Why.ENDPOINT_PAUSED, S.HELD, {}, {"status": E.PAUSED}),
    (Why.ENDPOINT_PAUSED, S.HELD, {"body": ""}, {"status": E.PAUSED}),
    (Why.DOCUMENT_TO_RUN, S.HELD, {"body": ""}, {"status": E.DEGRADED}),
    (Why.BEHIND_ANOTHER, S.HELD, {}, {"status": E.DEGRADED}),
    (Why.WAITS_FOR_PROBE, S.PENDING, {"next_attempt_at": BEFORE}, {"status": E.DEGRADED}),
    (Why.RECEIVER_ASKED_TO_WAIT, S.PENDING, {"next_attempt_at": BEFORE}, {"not_before": LATER}),
    (Why.WAITS_FOR_NEXT_ATTEMPT, S.PENDING, {"next_attempt_at": LATER}, {}),
    (Why.RATE_LIMITED, S.PENDING, {"next_attempt_at": BEFORE}, {"rate_used_until": LATER}),
    (Why.ABOUT_TO_BE_SENT, S.PENDING, {"next_attempt_at": AT}, {"rate_used_until": BEFORE}),
]


@pytest.mark.parametrize(("why", "endpoint", "event", "dispatched"), NONE)
def test_why_there_is_no_delivery(
    why: Why, endpoint: dict[str, Any], event: dict[str, Any], dispatched: int
) -> None:
    found = explain.why_none(an_unsaved_endpoint(**endpoint), an_event(**event), dispatched, AT)

    assert found is why


@pytest.mark.parametrize(("why", "state", "delivery", "endpoint"), STATES)
def test_why_a_delivery_stands_where_it_does(
    why: Why, state: DeliveryState, delivery: dict[str, Any], endpoint: dict[str, Any]
) -> None:
    found = explain.why_state(a_delivery(state, **delivery), an_unsaved_endpoint(**endpoint), AT)

    assert found is why


def test_every_cause_has_its_row_and_its_words() -> None:
    """Two are told from the database: what replays have yet to send (see `test_replays`), and
    what waits for the budget of documents (see `test_budget`).
    """
    rows = {row[0] for row in NONE} | {row[0] for row in STATES}

    assert rows == set(Why) - {Why.REPLAY_TO_COME, Why.DOCUMENT_BUDGET_SPENT}
    assert EXPLANATIONS.keys() == set(Why)
    assert len({words.en for words in EXPLANATIONS.values()}) >= len(Why) - 2


def test_any_delivery_of_any_endpoint_is_explained() -> None:
    chance = random.Random(20261120)
    moments = [None, BEFORE, AT, LATER]

    for _ in range(5_000):
        state = chance.choice(list(S))
        reason = chance.choice(list(SkipReason)).value if state is S.SKIPPED else None
        delivery = a_delivery(
            state,
            skip_reason=reason,
            next_attempt_at=chance.choice(moments),
            ordered=chance.random() < 0.5,
        )
        endpoint = an_unsaved_endpoint(
            status=chance.choice(list(E)),
            not_before=chance.choice(moments),
            rate_used_until=chance.choice(moments),
        )
        event = an_event(
            position=chance.randrange(40),
            kind=chance.choice(["structure.updated", PING, EXHAUSTED]),
            subject_id=chance.choice(["whe_1", "str_2"]),
            audience=chance.choice([FOREIGN, ABOUT_WEBHOOKS, FOREIGN + ABOUT_WEBHOOKS]),
            change=chance.choice([None, Change("A", "B")]),
        )
        for found in (
            explain.why_state(delivery, endpoint, AT),
            explain.why_none(endpoint, event, chance.randrange(40), AT),
        ):
            assert found in EXPLANATIONS


@dataclass
class Life:
    """What may happen to endpoints of one structure, drawn by lot."""

    owner: Structure
    receiver: Receiver
    machine: Machine
    chance: random.Random
    others: list[Structure]
    told: list[Event] = field(default_factory=list)

    async def pause(self, endpoint: Endpoint) -> None:
        await endpoints.pause(an_actor(self.owner), endpoint.id)

    async def resume(self, endpoint: Endpoint) -> None:
        start = self.chance.choice([Resume.ALL, Resume.NOW])
        await endpoints.resume(an_actor(self.owner), endpoint.id, start)

    async def happen(self, endpoint: Endpoint) -> None:
        self.told.append(await news(self.owner, self.chance.choice(self.others)))

    async def spread(self, endpoint: Endpoint) -> None:
        await dispatch()

    async def send(self, endpoint: Endpoint) -> None:
        self.receiver.reply = Reply(self.chance.choice([200, 500]))
        await run(self.machine)

    async def replay(self, endpoint: Endpoint) -> None:
        start = replays.Bound(at=self.told[0].occurred_at)
        is_paused = (await Endpoint.get(id=endpoint.id)).status == E.PAUSED
        if not is_paused and not await replaying.any_open():
            draft = replays.ReplayDraft(endpoint.id, start)
            await replays.start(an_actor(self.owner), draft)

    async def go_on(self, endpoint: Endpoint) -> None:
        await replaying.advance()


async def test_whatever_happens_each_pair_has_one_explanation_that_agrees_with_the_queue(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    """After each step every pair is asked about."""
    site(retry_seconds=AT_ONCE)
    others = [owner, await a_structure(), await a_structure()]
    life = Life(owner, receiver, machine, random.Random(7), others, [await news(owner)])
    drafts: list[dict[str, Any]] = [
        {},
        {"kinds": ("invoice.submitted",)},
        {"kinds": ("structure.updated",)},
        {"wanted": {"subjects": (owner.id,)}},
    ]
    kept = [(await an_endpoint(owner, receiver, **draft)).endpoint for draft in drafts]
    steps = [
        life.pause, life.resume, life.happen, life.happen, life.spread, life.send, life.replay,
        life.go_on, life.go_on,
    ]  # fmt: skip

    seen: set[Why] = set()
    for _ in range(60):
        await life.chance.choice(steps)(life.chance.choice(kept))
        clock.advance(timedelta(seconds=1))
        for event, endpoint in product(life.told, kept):
            found = await explain.explain(an_actor(owner), event.id, endpoint.id)
            delivery = await Delivery.get_or_none(endpoint_id=endpoint.id, event_id=event.id)
            assert found is not None
            assert (found.delivery and found.delivery.id) == (delivery and delivery.id)
            assert (delivery is None) == (found.why in WITHOUT)
            seen.add(found.why)

    assert len(seen) >= 8


WITHOUT = {row[0] for row in NONE} - {Why.ENDPOINT_DELETED} | {Why.REPLAY_TO_COME}
