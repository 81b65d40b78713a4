"""The life of an endpoint as events: who is told what, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import events
from domain.access import Permission
from domain.events import Event
from domain.structures.models import Structure
from tests.make import a_supplier, an_actor
from tests.webhooks.conftest import an_endpoint, news, run
from tests.webhooks.receiver import Receiver
from webhooks import endpoints, life
from webhooks.endpoints import Resume
from webhooks.machine import Machine
from webhooks.matching import Verdict, verdict
from webhooks.models import Endpoint, OnBlocked


async def _log() -> list[Event]:
    found = await events.after(0, limit=100)
    return [event for event in found if event.kind.startswith(life.ABOUT_ENDPOINTS)]


async def test_everything_that_people_do_to_an_endpoint_is_recorded(
    owner: Structure, receiver: Receiver
) -> None:
    actor = an_actor(owner)
    kept = await an_endpoint(owner, receiver)
    identifier = kept.endpoint.id

    await endpoints.update(
        actor,
        identifier,
        {"kinds": ("invoice.submitted",), "options": {"max_rate": 5, "skip_after_seconds": 9}},
    )
    await endpoints.update(actor, identifier, {"options": {"on_blocked": OnBlocked.HOLD}})
    await endpoints.rotate_secret(actor, identifier)
    await endpoints.pause(actor, identifier)
    await endpoints.resume(actor, identifier, Resume.ALL)
    await endpoints.resume(actor, identifier, Resume.ALL)
    await endpoints.delete(actor, identifier)

    recorded = await _log()
    assert [event.kind for event in recorded] == [
        life.CREATED,
        life.UPDATED,
        life.ROTATED,
        life.PAUSED,
        life.RESUMED,
        life.DELETED,
    ]
    assert [event.subject_sequence for event in recorded] == [1, 2, 3, 4, 5, 6]
    assert {event.actor_id for event in recorded[1:]} == {actor.id}
    said: dict[str, Any] = {event.kind: event.data for event in recorded}
    assert said[life.UPDATED]["changed"] == ["events", "maxRatePerSecond", "skipAfterSeconds"]
    assert said[life.RESUMED]["start"] == "ALL"
    assert said[life.DELETED]["endpoint"]["status"] == "DELETED"
    assert kept.secret not in str(said)


async def test_what_people_do_to_an_endpoint_is_told_to_those_that_name_it(
    owner: Structure, machine: Machine
) -> None:
    naming, silent = Receiver(), Receiver()
    for one in (naming, silent):
        await one.start()
    await an_endpoint(owner, silent)
    await an_endpoint(owner, naming, kinds=(life.CREATED, life.DELETED))

    other = await an_endpoint(owner, silent)
    await endpoints.delete(an_actor(owner), other.endpoint.id)
    await run(machine)

    assert [told["type"] for told in naming.contents] == [life.CREATED, life.DELETED]
    assert silent.messages == []
    for one in (naming, silent):
        await one.stop()


@pytest.mark.parametrize("kind", sorted(life.OF_OTHERS))
async def test_no_endpoint_is_told_of_itself(
    owner: Structure, receiver: Receiver, kind: str
) -> None:
    kept = await an_endpoint(owner, receiver, kinds=(kind,))
    other = await an_endpoint(owner, receiver, kinds=(kind,))
    audience = [(owner.id, Permission.READ_WEBHOOKS.value)]
    happened = await news(owner)
    event = replace(happened, kind=kind, subject_id=kept.endpoint.id, audience=audience)

    assert verdict(kept.endpoint, event) is Verdict.ITS_OWN_TROUBLE
    assert verdict(await Endpoint.get(id=other.endpoint.id), event) is Verdict.FOR_IT


async def test_another_structure_is_told_nothing(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    stranger = await a_supplier()
    await an_endpoint(stranger, receiver, kinds=tuple(sorted(life.OF_OTHERS)))

    kept = await an_endpoint(owner, receiver)
    await endpoints.delete(an_actor(owner), kept.endpoint.id)
    await run(machine)

    assert receiver.messages == []
