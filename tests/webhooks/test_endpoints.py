"""What an integrator does with endpoints, and what becomes of what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain import cursors, events
from domain.access import Permission, Role
from domain.clock import Clock
from domain.errors import Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.structures.models import Structure
from tests.make import a_structure, a_supplier, an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver, Reply
from webhooks import endpoints, explain
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft, Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.models import Delivery, Endpoint, EndpointStatus, Payload


def rules(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [p.rule for p in refusal.value.problems]


async def test_every_problem_of_an_endpoint_comes_at_once(owner: Structure) -> None:
    draft = EndpointDraft(
        "ftp://x",
        description="x" * 300,
        wanted={"subjects": tuple(f"str_{n}" for n in range(300))},
    )

    with pytest.raises(Invalid) as refusal:
        await endpoints.create(an_actor(owner), owner.id, draft)

    assert rules(refusal) == ["BDR-WHK-001", "BDR-TXT-001", "BDR-WHK-007"]
    assert await Endpoint.all().count() == 0


async def test_only_who_manages_webhooks_of_the_structure_sets_them_up(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver)
    reader = an_actor(owner, permissions=[Permission.READ_WEBHOOKS])
    stranger = an_actor(await a_supplier())

    for actor, refusal in ((reader, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal):
            await endpoints.create(actor, owner.id, EndpointDraft(receiver.url))
        with pytest.raises(refusal):
            await endpoints.pause(actor, kept.endpoint.id)
        with pytest.raises(refusal):
            await endpoints.ping(actor, kept.endpoint.id)
        with pytest.raises(refusal):
            await endpoints.rotate_secret(actor, kept.endpoint.id)


async def test_a_structure_has_a_bounded_number_of_endpoints(
    owner: Structure, receiver: Receiver, site: Site
) -> None:
    site(max_endpoints=2)
    first = await an_endpoint(owner, receiver)
    await an_endpoint(owner, receiver)

    with pytest.raises(Invalid) as refusal:
        await an_endpoint(owner, receiver)

    assert rules(refusal) == ["BDR-WHK-006"]
    await endpoints.delete(an_actor(owner), first.endpoint.id)
    await an_endpoint(owner, receiver)


async def test_secrets_are_not_in_the_database_as_they_are(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver)

    stored = await Endpoint.get(id=kept.endpoint.id)
    assert kept.secret not in stored.secret
    assert kept.secret.removeprefix("whsec_") not in stored.secret


async def test_after_a_rotation_both_secrets_sign_until_the_overlap_ends(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    old = await an_endpoint(owner, receiver)
    new = await endpoints.rotate_secret(an_actor(owner), old.endpoint.id)
    await news(owner)
    await run(machine)
    clock.advance(timedelta(days=1, seconds=1))
    await news(owner)
    await run(machine)

    during, later = receiver.messages
    assert during.is_signed_by(old.secret)
    assert during.is_signed_by(new.secret)
    assert later.is_signed_by(new.secret)
    assert not later.is_signed_by(old.secret)


async def test_a_ping_goes_to_its_endpoint_alone_whatever_it_asked_for(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    other = Receiver()
    await other.start()
    await an_endpoint(owner, other)
    kept = await an_endpoint(owner, receiver, kinds=("invoice.submitted",))

    await endpoints.ping(an_actor(owner), kept.endpoint.id)
    await run(machine)

    (message,) = receiver.contents
    assert (message["type"], message["subject"]) == ("webhook.ping", kept.endpoint.id)
    assert other.messages == []
    await other.stop()


async def test_a_paused_endpoint_is_sent_nothing_and_loses_nothing(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    actor = an_actor(owner)
    await endpoints.pause(actor, kept.endpoint.id)

    for n in range(3):
        await news(owner, n=n)
    await run(machine)
    assert receiver.messages == []
    with pytest.raises(WrongStatus):
        await endpoints.ping(actor, kept.endpoint.id)

    await endpoints.resume(actor, kept.endpoint.id, Resume.ALL)
    await run(machine)
    assert [c["data"]["n"] for c in receiver.contents] == [0, 1, 2]


async def test_a_resumed_endpoint_is_sent_what_it_asks_for(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    actor = an_actor(owner)
    told: dict[Resume, list[int]] = {}
    for start in Resume:
        receiver.messages.clear()
        kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
        await endpoints.pause(actor, kept.endpoint.id)
        waiting = [await news(owner, n=n) for n in range(3)]
        await dispatch()

        cursor = cursors.event(waiting[0].position)
        await endpoints.resume(actor, kept.endpoint.id, start, cursor)
        await news(owner, n=3)
        await run(machine)
        told[start] = [c["data"]["n"] for c in receiver.contents]
        await endpoints.delete(actor, kept.endpoint.id)

    assert told == {Resume.ALL: [0, 1, 2, 3], Resume.SINCE: [1, 2, 3], Resume.NOW: [3]}


@pytest.mark.parametrize(("cursor", "rule"), [(None, "BDR-WHK-010"), ("abc", "BDR-EVT-001")])
async def test_resuming_since_a_cursor_needs_a_cursor_of_this_server(
    owner: Structure, receiver: Receiver, cursor: str | None, rule: str
) -> None:
    kept = await an_endpoint(owner, receiver)

    with pytest.raises(Invalid) as refusal:
        await endpoints.resume(an_actor(owner), kept.endpoint.id, Resume.SINCE, cursor)

    assert rules(refusal) == [rule]


async def test_a_deleted_endpoint_is_gone_and_its_deliveries_stay(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)
    await news(owner)
    await dispatch()

    await endpoints.delete(an_actor(owner), kept.endpoint.id)
    await news(owner)
    await run(machine)

    assert receiver.messages == []
    (delivery,) = await Delivery.filter(endpoint_id=kept.endpoint.id)
    assert (delivery.state.value, delivery.skip_reason) == ("SKIPPED", "ENDPOINT_DELETED")
    with pytest.raises(NotFound):
        await endpoints.resume(an_actor(owner), kept.endpoint.id, Resume.ALL)


async def test_a_redelivery_sends_the_same_bytes_under_the_same_id(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner)
    await run(machine)
    delivery = await Delivery.get()

    await endpoints.redeliver(an_actor(owner), delivery.id)
    await run(machine)

    first, again = receiver.messages
    assert (first.body, first.id) == (again.body, again.id)
    assert again.headers["webhook-attempt"] == "2"
    await delivery.refresh_from_db()
    assert (delivery.state.value, delivery.ordered) == ("DELIVERED", False)


async def test_a_redelivery_neither_waits_for_others_nor_holds_them(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner, n=0)
    await run(machine)
    first = await Delivery.get()
    receiver.reply = Reply(500)
    await news(owner, n=1)
    await news(owner, n=2)
    await run(machine)
    receiver.messages.clear()
    receiver.reply = Reply()

    await endpoints.redeliver(an_actor(owner), first.id)
    await run(machine)
    assert [c["data"]["n"] for c in receiver.contents] == [0]

    clock.advance(timedelta(seconds=6))
    await run(machine)
    assert [c["data"]["n"] for c in receiver.contents] == [0, 1, 2]


async def test_what_waits_for_its_turn_cannot_be_sent_before_it(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner)
    await news(owner)
    await dispatch()
    held = await Delivery.filter(state="HELD").get()

    with pytest.raises(WrongStatus) as refusal:
        await endpoints.redeliver(an_actor(owner), held.id)

    assert rules(refusal) == ["BDR-WHK-009"]


async def test_an_exhausted_delivery_can_be_sent_again(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    receiver.reply = Reply(500)
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await news(owner)
    await run(machine)
    delivery = await Delivery.get()
    assert delivery.state.value == "EXHAUSTED"

    receiver.reply = Reply()
    await endpoints.redeliver(an_actor(owner), delivery.id)
    await run(machine)

    await delivery.refresh_from_db()
    assert (delivery.state.value, delivery.attempts) == ("DELIVERED", 4)


async def test_an_update_changes_what_is_given_and_is_checked_as_a_whole(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver, description="avant", kinds=("invoice.submitted",))
    actor = an_actor(owner)

    changed = await endpoints.update(actor, kept.endpoint.id, {"description": "après"})
    with pytest.raises(Invalid):
        await endpoints.update(actor, kept.endpoint.id, {"url": "https://10.0.0.1/"})

    assert (changed.description, changed.kinds) == ("après", ["invoice.submitted"])
    assert (await Endpoint.get(id=changed.id)).url == receiver.url


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://stranger.example/"},
        {"kinds": ("invoice.submitted",)},
        {"wanted": {"statuses": ("SUSPENDUE",)}},
        {"payload": Payload.DOCUMENT, "document": "{ structures { nodes { id } } }"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_who_may_not_read_what_an_endpoint_is_told_does_not_decide_on_it(
    change: dict[str, Any], owner: Structure, receiver: Receiver
) -> None:
    kept = (await an_endpoint(owner, receiver, description="avant")).endpoint
    narrow = an_actor(owner, permissions=[Permission.MANAGE_WEBHOOKS, Permission.READ_ISSUED])

    with pytest.raises(Forbidden) as refusal:
        await endpoints.update(narrow, kept.id, change)
    await endpoints.update(narrow, kept.id, {"description": "après", "url": kept.url})

    assert rules(refusal) == ["BDR-WHK-056"]
    assert "invoice:read_received" in refusal.value.problems[0].en
    after = await Endpoint.get(id=kept.id)
    assert after.description == "après"
    assert (after.url, after.kinds, after.wanted, after.payload) == (receiver.url, [], {}, "FULL")


async def test_a_secondary_manager_changes_what_a_main_manager_set_up(
    owner: Structure, receiver: Receiver
) -> None:
    kept = (await an_endpoint(owner, receiver)).endpoint
    secondary = an_actor(owner, role=Role.SECONDARY_MANAGER)

    changed = await endpoints.update(secondary, kept.id, {"url": receiver.url + "/2"})

    assert changed.url == receiver.url + "/2"


async def test_every_event_and_endpoint_has_its_explanation(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    actor = an_actor(owner)
    before = await news(owner)
    kept = await an_endpoint(owner, receiver)
    choosy = await an_endpoint(owner, receiver, kinds=("invoice.submitted",))
    narrow = await an_endpoint(owner, receiver, wanted={"statuses": ("SUSPENDUE",)})
    blind = await endpoints.create(
        an_actor(owner, permissions=[Permission.MANAGE_WEBHOOKS]),
        owner.id,
        EndpointDraft(receiver.url),
    )

    async def why(event: events.Event, endpoint: Endpoint) -> Why | None:
        found = await explain.explain(actor, event.id, endpoint.id)
        return found and found.why

    first = await news(owner)
    assert await why(first, kept.endpoint) is Why.NOT_DISPATCHED_YET
    await dispatch()
    second = await news(owner)
    await dispatch()

    assert await why(before, kept.endpoint) is Why.BEFORE_ITS_TIME
    assert await why(first, choosy.endpoint) is Why.KIND_NOT_ASKED
    assert await why(first, narrow.endpoint) is Why.FILTERED_OUT
    assert await why(first, blind.endpoint) is Why.NOT_VISIBLE
    assert await why(first, kept.endpoint) is Why.ABOUT_TO_BE_SENT
    assert await why(second, kept.endpoint) is Why.BEHIND_ANOTHER
    await endpoints.update(actor, choosy.endpoint.id, {"kinds": ()})
    assert await why(first, choosy.endpoint) is Why.WAS_NOT_ASKED_THEN
    receiver.reply = Reply(500)
    await run(machine)
    assert await why(first, kept.endpoint) is Why.WAITS_FOR_NEXT_ATTEMPT
    await endpoints.pause(actor, kept.endpoint.id)
    assert await why(second, kept.endpoint) is Why.ENDPOINT_PAUSED
    receiver.reply = Reply()
    await endpoints.resume(actor, kept.endpoint.id, Resume.ALL)
    await run(machine)
    assert await why(second, kept.endpoint) is Why.DELIVERED


async def test_nothing_is_explained_about_what_one_may_not_see(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)
    event = await news(owner)
    elsewhere = await a_structure()
    hidden = await news(elsewhere)
    stranger = an_actor(elsewhere, role=Role.MAIN_MANAGER)

    assert await explain.explain(stranger, event.id, kept.endpoint.id) is None
    assert await explain.explain(an_actor(owner), hidden.id, kept.endpoint.id) is None
    assert await explain.explain(an_actor(owner), "evt_none", kept.endpoint.id) is None


async def test_an_asked_pause_is_told_to_the_other_endpoints(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    sick = await an_endpoint(owner, receiver)
    await an_endpoint(owner, receiver, kinds=("webhook.endpoint_paused",))

    await endpoints.pause(an_actor(owner), sick.endpoint.id)
    await run(machine)

    (told,) = receiver.contents
    assert told["data"]["endpoint"]["id"] == sick.endpoint.id
    assert told["data"]["reason"] == "ASKED"
    assert (await Endpoint.get(id=sick.endpoint.id)).status == EndpointStatus.PAUSED
