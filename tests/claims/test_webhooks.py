"""Webhooks of claims: each side is sent what its part opens."""

from __future__ import annotations

from typing import Any

from domain.claims.actions import Claims
from domain.reference.statuses import InvoiceStatus as S
from tests.claims.making import Sides, a_claim
from tests.make import a_structure, an_actor
from webhooks import endpoints
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft
from webhooks.models import Delivery, Endpoint


async def an_endpoint(structure: Any, **wanted: tuple[str, ...]) -> Endpoint:
    """An endpoint of the structure that wants these events."""
    draft = EndpointDraft("https://erp.example.test/claims", wanted=wanted)
    return (await endpoints.create(an_actor(structure), structure.id, draft)).endpoint


async def sent(endpoint: Endpoint) -> list[str]:
    """The kinds of events that wait for the endpoint, in order."""
    return [d.event_kind for d in await Delivery.filter(endpoint_id=endpoint.id).order_by("id")]


async def test_an_endpoint_is_sent_the_claims_in_which_its_structure_plays_the_part(
    claims: Claims[Any, Any, Any], who: Sides
) -> None:
    kind = (claims.name,)
    depositor = await an_endpoint(who.supplier, subject_kinds=kind, directions=("ISSUED",))
    payer = await an_endpoint(who.recipient, subject_kinds=kind, directions=("RECEIVED",))
    validator = await an_endpoint(
        who.recipient, directions=("TO_VALIDATE",), statuses=("A_VALIDER_1",)
    )
    stranger = await an_endpoint(await a_structure(), subject_kinds=kind)

    await a_claim(claims, who, S.MISE_A_DISPOSITION)
    await dispatch()

    changed = f"{claims.name}.status_changed"
    assert await sent(depositor) == [f"{claims.name}.submitted", *[changed] * 4]
    assert await sent(payer) == [changed] * 3
    assert await sent(validator) == [f"{claims.name}.submitted"]
    assert await sent(stranger) == []
