"""What a body holds and how it is written, by the options of its endpoint."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain import cursors, events
from domain.catalogue import EVENT_KINDS
from domain.clock import now
from domain.events import Event
from domain.structures.models import Structure
from frontend_contract.asyncapi import asyncapi
from frontend_contract.event_schemas import event_files
from tests.api import Api, served
from tests.make import an_actor
from tests.webhooks import cloudevents
from tests.webhooks.conftest import an_endpoint, news
from tests.webhooks.receiver import Receiver
from tests.world import a_world
from webhooks import endpoints
from webhooks.dispatch import dispatch
from webhooks.documents import Answer, document_id
from webhooks.envelope import headers_of
from webhooks.machine import Machine
from webhooks.models import Endpoint, Format, Payload
from webhooks.payloads import LONGEST_BODY, body_for

QUERY = "query($event: ID!) { event(id: $event) { kind } }"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with served(database_url) as one:
        yield one


def an_unsaved(owner: Structure | str, payload: Payload, format: Format) -> Endpoint:
    document = QUERY if payload is Payload.DOCUMENT else None
    structure_id = owner if isinstance(owner, str) else owner.id
    return Endpoint(structure_id=structure_id, payload=payload, format=format, document=document)


def read(event: Event, endpoint: Endpoint, answer: Answer | None = None) -> Any:
    return json.loads(body_for(event, endpoint, answer))


async def test_a_thin_body_has_identifiers_and_a_link_and_nothing_else(owner: Structure) -> None:
    event = await news(owner, secret="of the structure")

    body = read(event, an_unsaved(owner, Payload.THIN, Format.STANDARD))

    assert body.pop("link").startswith("https://b.example/graphql?query=%7Bevent")
    assert body == {
        "id": event.id,
        "type": "structure.updated",
        "timestamp": body["timestamp"],
        "cursor": cursors.event(event.position),
        "subject": owner.id,
        "subjectSequence": event.subject_sequence,
        "tenant": owner.id,
        "environment": "sandbox",
        "apiVersion": "2026-11",
        "status": None,
    }


async def test_the_link_of_a_thin_body_answers_the_event_to_who_may_see_it(api: Api) -> None:
    event = next(e for e in await events.after(0, limit=1_000) if e.kind == "invoice.submitted")
    owner = api.world.parties.supplier
    link = urlsplit(read(event, an_unsaved(owner, Payload.THIN, Format.STANDARD))["link"])
    address = f"{link.path}?{link.query}"

    mine = await api.http.get(address, headers={"authorization": f"Bearer {api.token('erp')}"})
    other = await api.http.get(
        address, headers={"authorization": f"Bearer {api.token('validator')}"}
    )

    assert mine.json()["data"]["event"]["id"] == event.id
    assert mine.json()["data"]["event"]["change"]["to"] == "DEPOSEE"
    assert (other.json().get("data") or {}).get("event") is None


@pytest.mark.parametrize("payload", Payload)
async def test_every_event_is_a_right_cloudevent(database: str, payload: Payload) -> None:
    world = await a_world()
    owner = world.parties.supplier
    endpoint = an_unsaved(owner, payload, Format.CLOUDEVENTS)
    answer = Answer(b'{"event":null}', b'[{"message":"l\\u0001\\n"}]', "l")
    told = await events.after(0, limit=1_000)

    for event in told:
        body = read(event, endpoint, answer)

        assert list(cloudevents.problems(body)) == [], body
        assert (body["id"], body["type"]) == (event.id, event.kind)
        assert (body["subject"], body["source"]) == (event.subject_id, "https://b.example")
        if payload is Payload.FULL:
            assert body["data"] == event.data
            assert body["dataschema"].endswith(f"/events/{event.kind}.schema.json#/properties/data")
        if payload is Payload.DOCUMENT:
            assert body["data"] == {"event": None}
            assert json.loads(body["errors"]) == [{"message": "l\u0001\n"}]
        if payload is Payload.THIN:
            assert "data" not in body
            assert "changefrom" not in body
    assert len({event.kind for event in told}) > 10


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"specversion": "0.3"}, 1),
        ({"id": ""}, 1),
        ({"subjectSequence": 1}, 1),
        ({"extension": {"a": 1}}, 1),
        ({"extension": 2**31}, 1),
        ({"extension": "a\nb"}, 1),
        ({"time": "20 November"}, 1),
        ({"dataschema": "relative"}, 1),
        ({"data": {}, "data_base64": ""}, 1),
        ({"extension": True}, 0),
    ],
    ids=str,
)
def test_the_checker_of_cloudevents_sees_what_is_wrong(change: Any, broken: int) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/", "type": "t"} | change

    assert len(list(cloudevents.problems(event))) == broken


async def test_a_message_is_announced_as_it_is_written(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver, format=Format.CLOUDEVENTS)
    await an_endpoint(owner, receiver)
    await news(owner)
    # What is written stays as it was announced, whatever becomes of the endpoint.
    await dispatch()
    changes = {"format": Format.STANDARD}
    await endpoints.update(an_actor(owner), kept.endpoint.id, changes)

    await machine.deliver()

    types = {m.headers["content-type"]: m for m in receiver.messages}
    assert types.keys() == {"application/json", "application/cloudevents+json"}
    assert types["application/cloudevents+json"].content["specversion"] == "1.0"
    assert types["application/cloudevents+json"].is_signed_by(kept.secret)


@pytest.mark.parametrize("format", Format)
async def test_what_is_too_long_is_sent_thin(owner: Structure, format: Format) -> None:
    event = await news(owner, text="x" * LONGEST_BODY)
    long = Answer(b'{"event":"' + b"x" * LONGEST_BODY + b'"}')

    full = read(event, an_unsaved(owner, Payload.FULL, format))
    asked = read(event, an_unsaved(owner, Payload.DOCUMENT, format), long)
    thin = read(event, an_unsaved(owner, Payload.THIN, format))

    assert full == {**thin, "truncated": True}
    assert asked == {**thin, "truncated": True, "document": document_id(QUERY)}


async def test_what_cannot_be_run_is_sent_thin_with_its_errors(owner: Structure) -> None:
    event = await news(owner)
    endpoint = an_unsaved(owner, Payload.DOCUMENT, Format.STANDARD)

    body = read(event, endpoint, Answer(None, b'[{"message":"no"}]', "no"))

    thin = read(event, an_unsaved(owner, Payload.THIN, Format.STANDARD))
    assert body == {**thin, "document": document_id(QUERY), "errors": [{"message": "no"}]}


async def test_the_catalogue_is_served_to_anyone_with_the_address_of_the_server(api: Api) -> None:
    answer = await api.http.get("/asyncapi.json")
    catalogue = answer.json()
    kind = catalogue["components"]["messages"]["invoice_submitted"]
    schema = await api.http.get(kind["payload"]["schema"]["$ref"].removeprefix("."))
    missing = await api.http.get("/events/..%2Fschema.graphql")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert catalogue["servers"]["portal"]["host"] == "bordereau.test"
    assert catalogue["servers"]["portal"]["protocol"] == "http"
    flow = catalogue["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "http://bordereau.test/oauth/token"
    assert schema.headers["content-type"] == "application/schema+json"
    assert schema.json()["properties"]["type"] == {"const": "invoice.submitted"}
    assert missing.status_code == 404


def test_every_message_of_the_catalogue_is_of_a_published_schema() -> None:
    catalogue = asyncapi()
    messages = catalogue["components"]["messages"]
    refs = {
        message["payload"]["schema"]["$ref"]
        for message in messages.values()
        if "schema" in message["payload"]
    }

    assert {ref.removeprefix("./") for ref in refs} == event_files().keys()
    told = catalogue["channels"]["webhooks"]["messages"]
    assert told.keys() == messages.keys() - {"streamFrame", "subscribe"}
    headers = catalogue["components"]["schemas"]["webhookHeaders"]["properties"]
    sent = headers_of(
        event_id="evt_1", event_kind="webhook.ping", body=b"{}", secrets=[], at=now(), attempt=1,
        request_id="r", environment="sandbox", product="Bordereau", replay="whr_1",
    )  # fmt: skip
    assert sent.keys() == headers.keys()


def test_every_kind_of_event_can_be_a_cloudevent_type() -> None:
    assert all(kind == kind.lower() and kind for kind in EVENT_KINDS)
