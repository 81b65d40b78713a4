"""Endpoints with a document of their own: refused when wrong, run once, never in the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import pytest

from domain import events
from domain.access import Actor, Permission
from domain.errors import Invalid, Problem
from domain.structures.models import Structure
from resolvers.documents import MOST_CHARACTERS, MOST_POINTS, StoredDocuments, document_limits
from resolvers.http import Limits
from resolvers.root import schema
from tests.api import Api, served
from tests.make import a_public_structure, an_actor, an_invoice, some_parties
from tests.webhooks.conftest import Site, an_endpoint, dispatched, news
from tests.webhooks.receiver import Receiver
from webhooks import dispatch as dispatching
from webhooks import documents, endpoints, writing
from webhooks.documents import Answer, Asked, Language, Unavailable, document_id
from webhooks.models import Delivery, Endpoint, Payload

INVOICE = """query($event: ID!) { event(id: $event) { kind change { to }
  ... on InvoiceSubmitted { invoice { number supplier { name } lines { name net } } } } }"""
KIND = "query($event: ID!) { event(id: $event) { kind } }"
PREVIEW = """mutation($input: WebhookDocumentPreviewInput!) {
  webhookDocumentPreview(input: $input) { preview { body content contentType byteCount documentId }
    userErrors { code path rule message } } }"""
CREATE = """mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {
  endpoint { payload format document documentId documentTrouble { message } }
  userErrors { code path rule message } } }"""


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as one:
        yield one


class Counting:
    """The language of documents, counting what it is asked, with something to do meanwhile."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.asked: Counter[tuple[str, str]] = Counter()
        self.meanwhile: Any = None

    def problems(
        self, document: str, held: Collection[Permission], path: tuple[str, ...]
    ) -> list[Problem]:
        return self._language.problems(document, held, path)

    async def answer(self, document: str, reader: Actor, variables: Mapping[str, str]) -> Answer:
        self.asked[document, variables["event"]] += 1
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        return await self._language.answer(document, reader, variables)


@pytest.fixture
def counting() -> Counting:
    one = Counting(documents.language())
    documents.configure(one)
    return one


async def with_document(
    owner: Structure, receiver: Receiver, document: str, **more: Any
) -> Endpoint:
    asked = {"payload": Payload.DOCUMENT, "document": document, **more}
    return (await an_endpoint(owner, receiver, **asked)).endpoint


async def bodies(endpoint: Endpoint) -> list[Any]:
    rows = await Delivery.filter(endpoint_id=endpoint.id).order_by("position")
    return [json.loads(row.body) for row in rows]


def test_a_document_does_not_search_the_log_again_and_again() -> None:
    search = "events(first: 1, filter: {totalFrom: 1}) { endCursor }"
    document = "{" + " ".join(f"a{n}: {search}" for n in range(20)) + "}"

    problems = documents.problems_of(Payload.DOCUMENT, document, [Permission.READ_WEBHOOKS.value])

    assert [p.rule for p in problems] == ["BDR-WHK-044"]


async def test_the_body_holds_what_the_document_answers_beside_the_envelope(
    owner: Structure, receiver: Receiver
) -> None:
    endpoint = await with_document(owner, receiver, INVOICE, kinds=("invoice.submitted",))

    invoice = await an_invoice(parties=await some_parties(supplier=owner))
    await dispatched()

    (body,) = await bodies(endpoint)
    assert body["document"] == document_id(INVOICE)
    assert body["data"] == {
        "event": {
            "kind": "INVOICE_SUBMITTED",
            "change": {"to": "DEPOSEE"},
            "invoice": {
                "number": invoice.number,
                "supplier": {"name": owner.name},
                "lines": [{"name": "Conseil", "net": "200.00"}],
            },
        }
    }
    assert "errors" not in body
    assert (body["type"], body["subject"]) == ("invoice.submitted", invoice.id)
    assert body["change"]["to"] == "DEPOSEE"


async def test_every_variable_is_given(owner: Structure, receiver: Receiver) -> None:
    document = (
        "query($event: ID!, $subject: ID!, $structure: ID!, $cursor: EventCursor!) {"
        " event(id: $event) { id } node(id: $subject) { id }"
        " structure(by: {id: $structure}) { id } events(after: $cursor) { nodes { id } } }"
    )
    endpoint = await with_document(owner, receiver, document)

    event = await news(owner)
    await dispatched()

    (body,) = await bodies(endpoint)
    assert body["data"] == {
        "event": {"id": event.id},
        "node": {"id": owner.id},
        "structure": {"id": owner.id},
        "events": {"nodes": []},
    }


async def test_a_document_shows_nothing_that_its_endpoint_may_not_see(
    owner: Structure, receiver: Receiver
) -> None:
    parties = await some_parties(supplier=owner)
    theirs = await an_invoice(parties=await some_parties())
    mine = await an_invoice(parties=parties)
    document = (
        f'query {{ theirs: invoice(by: {{id: "{theirs.id}"}}) {{ id }}'
        f' mine: invoice(by: {{id: "{mine.id}"}}) {{ id }}'
        " invoices(first: 10) { nodes { id } } }"
    )
    both = an_actor(owner, parties.recipient, await a_public_structure())
    draft = endpoints.EndpointDraft(receiver.url, payload=Payload.DOCUMENT, document=document)
    kept = await endpoints.create(both, owner.id, draft)

    await news(owner)
    await dispatched()

    (body,) = await bodies(kept.endpoint)
    assert body["data"] == {
        "theirs": None,
        "mine": {"id": mine.id},
        "invoices": {"nodes": [{"id": mine.id}]},
    }


async def test_a_document_holds_the_rights_of_its_author_and_no_more(
    owner: Structure, receiver: Receiver
) -> None:
    invoice = await an_invoice(parties=await some_parties(supplier=owner))
    document = f'{{ node(id: "{invoice.id}") {{ id }} }}'
    held = [Permission.MANAGE_WEBHOOKS, Permission.READ_STRUCTURE, Permission.ADMINISTER]
    author = an_actor(owner, permissions=held, everywhere=[Permission.ADMINISTER])
    draft = endpoints.EndpointDraft(receiver.url, payload=Payload.DOCUMENT, document=document)
    kept = await endpoints.create(author, owner.id, draft)

    await news(owner)
    await dispatched()

    (body,) = await bodies(kept.endpoint)
    assert body["data"] == {"node": None}
    with pytest.raises(Invalid) as refusal:
        await endpoints.create(
            author,
            owner.id,
            endpoints.EndpointDraft(
                receiver.url,
                payload=Payload.DOCUMENT,
                document="{ invoices { nodes { id } } accounts { nodes { id } } }",
            ),
        )
    assert [p.params["field"] for p in refusal.value.problems] == ["accounts", "invoices"]
    assert {p.rule for p in refusal.value.problems} == {"BDR-WHK-049"}


async def test_a_document_is_run_once_whatever_the_number_of_endpoints(
    owner: Structure, receiver: Receiver, counting: Counting
) -> None:
    made = [await with_document(owner, receiver, KIND) for _ in range(3)]
    narrow = an_actor(owner, permissions=[Permission.MANAGE_WEBHOOKS, Permission.READ_STRUCTURE])
    draft = endpoints.EndpointDraft(receiver.url, payload=Payload.DOCUMENT, document=KIND)
    other = (await endpoints.create(narrow, owner.id, draft)).endpoint

    event = await news(owner)
    await dispatched()

    # Once for the three with the same rights, and once for the one with others.
    assert counting.asked == {(KIND, event.id): 2}
    told = [await bodies(endpoint) for endpoint in (*made, other)]
    assert [len(b) for b in told] == [1, 1, 1, 1]


async def test_many_events_are_all_told_in_order(
    owner: Structure, receiver: Receiver, counting: Counting, site: Site
) -> None:
    site(document_seconds_per_minute=0)
    endpoint = await with_document(owner, receiver, KIND)
    plain = (await an_endpoint(owner, receiver)).endpoint
    count = dispatching.BATCH + writing.EVENTS + 3
    for _ in range(count):
        await news(owner)

    made = await dispatched()

    assert made == 2 * count
    assert set(counting.asked.values()) == {1}
    for one in (endpoint, plain):
        sequences = [body["subjectSequence"] for body in await bodies(one)]
        assert sequences == sorted(sequences)
        assert len(sequences) == count


async def test_a_document_changed_while_it_runs_is_run_again_as_it_is_now(
    owner: Structure, receiver: Receiver, counting: Counting
) -> None:
    endpoint = await with_document(owner, receiver, KIND)
    newer = "query($event: ID!) { event(id: $event) { id } }"

    async def change() -> None:
        await endpoints.update(an_actor(owner), endpoint.id, {"document": newer})

    event = await news(owner)
    counting.meanwhile = change
    await dispatched()

    (body,) = await bodies(endpoint)
    assert (body["document"], body["data"]) == (document_id(newer), {"event": {"id": event.id}})


async def test_no_transaction_is_open_while_a_document_runs(
    owner: Structure, receiver: Receiver, counting: Counting
) -> None:
    endpoint = await with_document(owner, receiver, KIND, kinds=("structure.updated",))

    async def record_another() -> None:
        await news(owner)

    await news(owner)
    counting.meanwhile = record_another
    await dispatched()
    await dispatched()

    assert len(await bodies(endpoint)) == 2


async def test_a_document_that_fails_is_told_and_stops_nothing(
    owner: Structure, receiver: Receiver
) -> None:
    endpoint = await with_document(owner, receiver, KIND)
    plain = (await an_endpoint(owner, receiver)).endpoint
    # As when the schema lost a field that a stored document asks for.
    lost = "query($event: ID!) { event(id: $event) { colour } }"
    await Endpoint.filter(id=endpoint.id).update(document=lost)

    first, second = await news(owner), await news(owner)
    assert await dispatched() == 4

    told = await bodies(endpoint)
    assert [body["id"] for body in told] == [first.id, second.id]
    assert all("data" not in body and "link" in body for body in told)
    assert "colour" in told[0]["errors"][0]["message"]
    assert told[0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert all("data" in body for body in await bodies(plain))
    sick = await Endpoint.get(id=endpoint.id)
    assert (sick.document_failures, sick.document_error_event) == (2, second.id)
    assert "colour" in (sick.document_error or "")

    await endpoints.update(an_actor(owner), endpoint.id, {"document": KIND})
    await news(owner)
    await dispatched()
    well = await Endpoint.get(id=endpoint.id)
    assert (well.document_failures, well.document_failing_since) == (0, None)


async def test_a_document_that_breaks_the_server_stops_nothing(
    owner: Structure, receiver: Receiver
) -> None:
    class Broken(StoredDocuments):
        async def _run(self, *_: Any) -> Answer:
            raise RecursionError

    documents.configure(Broken(schema, Limits()))
    endpoint = await with_document(owner, receiver, KIND)

    await news(owner)
    await dispatched()

    (body,) = await bodies(endpoint)
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "data" not in body
    assert (await Endpoint.get(id=endpoint.id)).document_failures == 1


async def test_a_document_that_takes_too_long_is_sent_thin_and_holds_nobody_up(
    owner: Structure, receiver: Receiver
) -> None:
    assert document_limits(Limits()).execution_seconds == 1
    documents.configure(StoredDocuments(schema, Limits(document_seconds=1e-6)))
    endpoint = await with_document(owner, receiver, KIND)
    plain = (await an_endpoint(owner, receiver)).endpoint

    await news(owner)
    assert await dispatched() == 2

    (body,) = await bodies(endpoint)
    assert body["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert ("data" in body, "link" in body) == (False, True)
    assert all("data" in body for body in await bodies(plain))


async def test_while_the_database_is_away_nothing_is_frozen(
    owner: Structure, receiver: Receiver
) -> None:
    class Away(StoredDocuments):
        is_away = True

        async def _run(self, *asked: Any) -> Answer:
            if self.is_away:
                raise Unavailable
            return await super()._run(*asked)

    language = Away(schema, Limits())
    documents.configure(language)
    endpoint = await with_document(owner, receiver, KIND)
    await news(owner)

    with pytest.raises(Unavailable):
        await dispatched()
    assert [row.body for row in await Delivery.filter(endpoint_id=endpoint.id)] == [""]
    language.is_away = False
    await dispatched()

    (body,) = await bodies(endpoint)
    assert body["data"]["event"]["kind"] == "STRUCTURE_UPDATED"


async def test_an_error_in_one_field_is_told_beside_the_data(
    owner: Structure, receiver: Receiver
) -> None:
    document = (
        'query($event: ID!) { event(id: $event) { kind } events(after: "abc") { endCursor } }'
    )
    endpoint = await with_document(owner, receiver, document)

    await news(owner)
    await dispatched()

    (body,) = await bodies(endpoint)
    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
    sick = await Endpoint.get(id=endpoint.id)
    assert sick.document_failures == 1
    await Endpoint.filter(id=endpoint.id).update(document=KIND)
    await news(owner)
    await dispatched()
    assert (await Endpoint.get(id=endpoint.id)).document_failing_since is None


DEEP = "query { viewer " + "{ memberships { structure { attachments { nodes " * 3 + "}" * 13


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        ("query {", ["BDR-WHK-045"]),
        ("fragment A on Query { node(id: 1) { id } }", ["BDR-WHK-046"]),
        ("{ node(id: 1) { id } } { node(id: 2) { id } }", ["BDR-WHK-046"]),
        ('mutation { sessionsEndAll(input: {}) { replayed } }', ["BDR-WHK-046"]),
        ("subscription { eventStream { __typename } }", ["BDR-WHK-046"]),
        ("query($event: String!) { event(id: $event) { id } }", ["BDR-WHK-047", "BDR-WHK-045"]),
        ("query($x: ID!) { event(id: $x) { id } }", ["BDR-WHK-047"]),
        ("{ __schema { types { name } } }", ["BDR-WHK-048"]),
        ("{ ...F } fragment F on Query { ...F }", ["BDR-WHK-045"]),
        ("{ nothing } ", ["BDR-WHK-045"]),
        ("{ invoices(first: 100) { nodes { history(first: 100) { nodes { id } } } } }",
         ["BDR-WHK-044"]),
        ("{ accounts { nodes { id } } }", ["BDR-WHK-049"]),
        ("#" * MOST_CHARACTERS + "\n{ node(id: 1) { id } }", ["BDR-WHK-044"]),
        (
            "query($x: ID!) { __schema { a } accounts(first: 500) { nodes { colour } } }",
            ["BDR-WHK-047", "BDR-WHK-048", "BDR-WHK-045", "BDR-WHK-045", "BDR-WHK-045",
             "BDR-WHK-044", "BDR-WHK-044", "BDR-WHK-049"],
        ),
    ],
    ids=range(14),
)  # fmt: skip
async def test_a_wrong_document_is_refused_with_every_problem(
    owner: Structure, receiver: Receiver, document: str, rules: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await with_document(owner, receiver, document)

    assert [p.rule for p in refusal.value.problems] == rules
    assert {p.path for p in refusal.value.problems} == {("document",)}
    assert await Endpoint.all().count() == 0


async def test_a_document_goes_with_its_payload_alone(owner: Structure, receiver: Receiver) -> None:
    for wrong in ({"payload": Payload.DOCUMENT}, {"document": KIND}):
        with pytest.raises(Invalid) as refusal:
            await an_endpoint(owner, receiver, **wrong)
        assert [p.rule for p in refusal.value.problems] == ["BDR-WHK-043"]

    endpoint = await with_document(owner, receiver, KIND)
    changed = await endpoints.update(an_actor(owner), endpoint.id, {"payload": Payload.THIN})
    assert (changed.payload, changed.document) == (Payload.THIN, None)


async def test_a_document_costs_what_the_door_would_ask(
    owner: Structure, receiver: Receiver
) -> None:
    with pytest.raises(Invalid) as refusal:
        await with_document(
            owner, receiver, f"{{ invoices(first: {MOST_POINTS // 2 + 1}) {{ nodes {{ id }} }} }}"
        )

    details = [p.params["detail"] for p in refusal.value.problems]
    assert details == ["invoices.first > 100"]
    hundred = (
        "{ a: invoices(first: 100) { nodes { id } } b: invoices(first: 100) { nodes { id } } }"
    )
    await with_document(owner, receiver, hundred)


def test_a_permission_that_is_no_more_is_not_held() -> None:
    held = documents.held_by(["invoice:issue", "of:yesterday", "platform:administer"])

    assert held == {Permission.ISSUE}


async def test_what_is_asked_is_known_by_document_event_and_rights(owner: Structure) -> None:
    event = await news(owner)
    one = Endpoint(
        structure_id=owner.id, payload=Payload.DOCUMENT, document=KIND, permissions=["b", "a"]
    )

    assert documents.asked_by(one, event) == Asked(event.id, KIND, owner.id, ("a", "b"))
    assert documents.asked_by(Endpoint(structure_id=owner.id), event) is None


async def test_through_the_door_a_document_is_kept_shown_and_judged(
    api: Api, receiver: Receiver
) -> None:
    base = {"structureId": api.world.parties.supplier.id, "url": receiver.url}
    made = await api("erp")(
        CREATE, input={**base, "payload": "DOCUMENT", "document": KIND, "format": "CLOUDEVENTS"}
    )
    wrong = await api("erp")(CREATE, input={**base, "payload": "DOCUMENT", "document": "{ x }"})

    assert made.payload["endpoint"] == {
        "payload": "DOCUMENT",
        "format": "CLOUDEVENTS",
        "document": KIND,
        "documentId": document_id(KIND),
        "documentTrouble": None,
    }
    assert wrong.user_errors == [("INVALID_VALUE", ["document"])]
    assert "1" in wrong.payload["userErrors"][0]["message"]


async def test_a_preview_is_the_body_that_is_sent(api: Api, receiver: Receiver) -> None:
    owner = api.world.parties.supplier
    draft = endpoints.EndpointDraft(
        receiver.url, payload=Payload.DOCUMENT, document=INVOICE, kinds=("invoice.submitted",)
    )
    erp = await api.world.actor("erp")
    kept = await endpoints.create(erp, owner.id, draft)
    invoice = await an_invoice(parties=api.world.parties)
    (event,) = [e for e in await events.of_subject(invoice.id) if e.kind == "invoice.submitted"]
    await receiver.has(1)

    shown = await api("erp")(
        PREVIEW, input={"structureId": owner.id, "eventId": event.id, "document": INVOICE}
    )

    (delivery,) = await Delivery.filter(endpoint_id=kept.endpoint.id)
    assert shown.payload["preview"] == {
        "body": delivery.body,
        "content": json.loads(delivery.body),
        "contentType": "application/json",
        "byteCount": len(delivery.body.encode()),
        "documentId": document_id(INVOICE),
    }


async def test_a_preview_is_for_who_manages_webhooks_and_of_what_they_see(api: Api) -> None:
    owner, invoice = api.world.parties.supplier, api.world.names()["invoice"]
    event = (await events.of_subject(invoice))[0]
    others = await an_invoice(parties=await some_parties())
    foreign = (await events.of_subject(others.id))[0]
    asked = {"structureId": owner.id, "eventId": event.id, "document": KIND}

    anonymous = await api("anonymous")(PREVIEW, input=asked)
    stranger = await api("recipient")(PREVIEW, input=asked)
    unseen = await api("erp")(PREVIEW, input={**asked, "eventId": foreign.id})
    unknown = await api("erp")(PREVIEW, input={**asked, "eventId": "evt_" + "0" * 26})
    wrong = await api("erp")(PREVIEW, input={**asked, "document": "{ x }"})

    assert anonymous.codes == ["UNAUTHENTICATED"]
    assert stranger.user_errors == [("NOT_FOUND", ["structureId"])]
    assert unseen.user_errors == unknown.user_errors == [("NOT_FOUND", ["eventId"])]
    assert wrong.user_errors == [("INVALID_VALUE", ["document"])]
    assert wrong.payload["preview"] is None


async def test_one_event_is_read_by_its_identifier(api: Api) -> None:
    invoice = api.world.names()["invoice"]
    event = (await events.of_subject(invoice))[0]
    query = "query($id: ID!) { event(id: $id) { id kind cursor } }"

    mine = await api("supplier")(query, id=event.id)
    other = await api("validator")(query, id=event.id)
    nobody = await api("anonymous")(query, id=event.id)

    assert mine.payload["id"] == event.id
    assert other.payload is None
    assert nobody.codes == ["UNAUTHENTICATED"]
