"""What an endpoint asked for is what it is sent, criterion by criterion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain import events
from domain.feed import EventFilter, filter_problems
from domain.structures.models import Structure
from tests.make import a_service, a_structure, an_actor, an_invoice, some_parties
from tests.webhooks.conftest import an_endpoint, news
from tests.webhooks.receiver import Receiver
from webhooks import explain
from webhooks.dispatch import dispatch
from webhooks.explain import Why
from webhooks.models import Delivery


@pytest.mark.parametrize(
    ("wanted", "is_sent"),
    [
        ({"subject_kinds": ("invoice",)}, True),
        ({"subject_kinds": ("structure",)}, False),
        ({"services": ("SERVICE",)}, True),
        ({"services": ("svc_other",)}, False),
        ({"deposit_modes": ("SAISIE_API",)}, True),
        ({"deposit_modes": ("EDI",)}, False),
        ({"directions": ("RECEIVED",)}, True),
        ({"directions": ("ISSUED", "TO_VALIDATE")}, False),
        ({"directions": ("RECEIVED",), "structures": ("RECIPIENT",)}, True),
        ({"directions": ("RECEIVED",), "structures": ("SUPPLIER",)}, False),
        ({"total_from": "240"}, True),
        ({"total_from": "240.01"}, False),
        ({"total_to": "240"}, True),
        ({"total_to": "239.99"}, False),
        ({"total_from": "100", "total_to": "300", "statuses": ("MISE_A_DISPOSITION",)}, True),
        ({"total_from": "100", "total_to": "300", "statuses": ("SUSPENDUE",)}, False),
    ],
    ids=str,
)
async def test_an_invoice_of_240_received_by_a_service(
    owner: Structure, receiver: Receiver, wanted: dict[str, Any], *, is_sent: bool
) -> None:
    parties = await some_parties(supplier=owner)
    recipient = parties.recipient
    service = await a_service(recipient)
    named = {"SERVICE": service.id, "RECIPIENT": recipient.id, "SUPPLIER": owner.id}
    asked = {
        name: value if isinstance(value, str) else tuple(named.get(v, v) for v in value)
        for name, value in wanted.items()
    }
    endpoint = (await an_endpoint(recipient, receiver, wanted=asked)).endpoint

    invoice = await an_invoice(parties=parties, recipient_service_code=service.code)
    await dispatch()

    sent = await Delivery.filter(endpoint_id=endpoint.id)
    assert bool(sent) is is_sent
    if not is_sent:
        last = (await events.of_subject(invoice.id))[-1]
        found = await explain.explain(an_actor(recipient), last.id, endpoint.id)
        assert found is not None
        assert found.why is Why.FILTERED_OUT


@pytest.mark.parametrize(
    "wanted",
    [
        {"total_from": "-1000000"},
        {"statuses": ("SUSPENDUE",)},
        {"directions": ("ISSUED", "RECEIVED", "TO_VALIDATE")},
        {"deposit_modes": ("SAISIE_API",)},
        {"services": ("svc_1",)},
    ],
    ids=str,
)
async def test_what_a_criterion_says_nothing_of_does_not_fit(
    owner: Structure, receiver: Receiver, wanted: dict[str, Any]
) -> None:
    await an_endpoint(owner, receiver, wanted=wanted)

    await news(owner)
    await dispatch()

    assert await Delivery.all().count() == 0


async def test_a_direction_is_that_of_the_structure_of_the_endpoint(
    owner: Structure, receiver: Receiver
) -> None:
    parties = await some_parties(supplier=owner)
    issued = {"directions": ("ISSUED",)}
    of_supplier = (await an_endpoint(owner, receiver, wanted=issued)).endpoint
    await an_endpoint(parties.recipient, receiver, wanted=issued)
    await an_endpoint(await a_structure(), receiver, wanted=issued)

    await an_invoice(parties=parties)
    await dispatch()

    told = {d.endpoint_id for d in await Delivery.all()}
    assert told == {of_supplier.id}


def test_every_problem_of_a_filter_comes_at_once() -> None:
    filter = EventFilter(
        kinds=frozenset({"account.activated"}),
        subjects=frozenset(map(str, range(251))),
        statuses=frozenset({"SUSPENDUE"}),
        total_from=Decimal(2),
        total_to=Decimal(1),
    )

    found = [(p.rule, p.path) for p in filter_problems(filter, ("filter",))]

    assert found == [
        ("BDR-WHK-007", ("filter", "subjects")),
        ("BDR-WHK-040", ("filter", "totalFrom")),
        ("BDR-WHK-041", ("filter", "statuses")),
        ("BDR-WHK-041", ("filter", "totalFrom")),
        ("BDR-WHK-041", ("filter", "totalTo")),
    ]


def test_a_filter_is_read_as_it_was_stored() -> None:
    filter = EventFilter(
        kinds=frozenset({"invoice.submitted"}),
        services=frozenset({"svc_1", "svc_2"}),
        total_from=Decimal(0),
        total_to=Decimal("12.50"),
    )

    assert EventFilter.of(filter.stored()) == filter
    assert EventFilter().stored() == {}
