"""The way of a claim: who sees it when, what is told to whom, when its payment time runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import events, feed
from domain.access import Actor, Level, Role
from domain.claims.actions import Claims
from domain.claims.circuit import ClaimAction as A
from domain.claims.models import Claim
from domain.claims.queries import ClaimCriteria, ClaimOrder
from domain.clock import Clock
from domain.db import dialect, fetch
from domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongStatus
from domain.feed import Direction, EventFilter
from domain.lifecycle import Party
from domain.memos import queries as memo_queries
from domain.memos.actions import MEMOS
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds import queries as refund_queries
from domain.select import EVERYTHING, Select, Slice, Statement, equals, page_sql
from domain.structures import member_queries, search
from tests.claims.making import (
    RESTING,
    Sides,
    a_claim,
    act,
    draft_for,
    on_service,
    what_it_takes,
)
from tests.make import a_structure, an_actor, an_administrator

Kind = Claims[Any, Any, Any]


def seen(claims: Kind, actor: Actor) -> Select | None:
    """What the actor may see of the kind."""
    return (memo_queries if claims is MEMOS else refund_queries).seen(actor)


async def found(select: Select | None) -> list[str]:
    """The identifiers that a selection finds."""
    if select is None:
        return []
    to = Statement(dialect())
    rows = await fetch(page_sql(to, select, Slice(50), EVERYTHING), *to.params)
    return [row["id"] for row in rows]


def viewers(claims: Kind, who: Sides) -> dict[str, Actor]:
    """Everyone who might look."""
    return {
        "supplier": an_actor(who.supplier),
        "recipient": an_actor(who.recipient),
        "validating": on_service(who.validating, claims.space),
        "paying": on_service(who.paying, claims.space),
        "plain": an_actor(who.recipient, role=Role.USER),
        "administrator": an_administrator(),
    }


@pytest.mark.parametrize("status", RESTING)
async def test_a_claim_is_seen_by_those_whom_its_status_concerns(
    claims: Kind, who: Sides, status: S
) -> None:
    claim = await a_claim(claims, who, status)
    people = viewers(claims, who)
    is_draft = status in (S.BROUILLON, S.SUPPRIMEE)
    is_with_validator = status in (S.A_VALIDER_1, S.REFUSEE_1, S.ABANDONNEE)
    expected = {"supplier", "administrator"}
    if not is_draft:
        expected |= {"recipient", "validating"}
    if not is_draft and not (is_with_validator and claims is MEMOS):
        expected |= {"paying"}

    by_row = {name for name, actor in people.items() if claim.visible_to(actor)}
    by_sql = {name for name, actor in people.items() if await found(seen(claims, actor))}

    assert by_row == by_sql == expected
    assert not claim.visible_to(an_actor(await a_structure()))


async def test_the_registry_certifies_and_the_paying_service_pays(claims: Kind, who: Sides) -> None:
    claim = await a_claim(claims, who)
    validating = on_service(who.validating, claims.space)
    paying = on_service(who.paying, claims.space)
    if claims is MEMOS:
        with pytest.raises(NotFound):
            await claims.move(paying, claim.id, A.VALIDATE, what_it_takes(A.VALIDATE))
    with pytest.raises(Forbidden):
        await claims.move(an_actor(who.supplier), claim.id, A.VALIDATE, what_it_takes(A.VALIDATE))

    claim = await claims.move(validating, claim.id, A.VALIDATE, what_it_takes(A.VALIDATE))
    assert claim.status == S.MISE_A_DISPOSITION
    if claims is MEMOS:
        with pytest.raises(Forbidden):
            await claims.move(validating, claim.id, A.PAY, what_it_takes(A.PAY))
    assert (await claims.move(paying, claim.id, A.PAY, what_it_takes(A.PAY))).status == (
        S.MISE_EN_PAIEMENT
    )


async def test_a_refusal_is_the_end(claims: Kind, who: Sides) -> None:
    claim = await a_claim(claims, who, S.REFUSEE_1)

    assert (claim.reason, claim.available_at, claim.clock_started_at) == (
        "AUT_MOTIF_ERR_VALIDEUR",
        None,
        None,
    )
    for action in (A.VALIDATE, A.WITHDRAW, A.COMPLETE, A.PAY):
        with pytest.raises((WrongStatus, Invalid)):
            await claims.move(
                an_actor(who.supplier, who.recipient), claim.id, action, what_it_takes(action)
            )


async def test_the_payment_time_runs_from_the_validation(
    claims: Kind, who: Sides, clock: Clock
) -> None:
    claim = await a_claim(claims, who)
    clock.advance(timedelta(days=9))
    claim = await act(claims, who, claim, A.VALIDATE)
    validated = clock.now()
    assert (claim.clock_started_at, claim.available_at) == (validated, validated)
    assert claim.deposited_at == validated - timedelta(days=9)

    claim = await act(claims, who, claim, A.SUSPEND)
    assert claim.clock_stopped_at is not None
    claim = await act(claims, who, claim, A.COMPLETE)
    claim = await act(claims, who, claim, A.ORDER_PAYMENT, payment_order_number="DP-7")

    assert (claim.clock_stopped_at, claim.payment_order_number) == (None, "DP-7")


async def told(claim: Claim, actor: Actor, **asked: Any) -> list[str]:
    """The kinds of events about the claim that a reader with this filter is told."""
    batch = await feed.visible_after(
        actor, 0, limit=100, filter=EventFilter(subjects=frozenset({claim.id}), **asked)
    )
    return [event.kind.split(".")[1] for event in batch.events]


def only(*directions: Direction) -> dict[str, Any]:
    return {"directions": frozenset(d.value for d in directions)}


async def test_everyone_is_told_what_concerns_its_part(claims: Kind, who: Sides) -> None:
    claim = await a_claim(claims, who)
    recipient, supplier = an_actor(who.recipient), an_actor(who.supplier)
    paying = on_service(who.paying, claims.space)
    validating = on_service(who.validating, claims.space)
    assert await told(claim, supplier) == ["submitted"]
    assert await told(claim, recipient, **only(Direction.RECEIVED)) == []
    assert await told(claim, recipient, **only(Direction.TO_VALIDATE)) == ["submitted"]

    await act(claims, who, claim, A.VALIDATE)

    changes = ["status_changed"] * 4
    assert await told(claim, supplier, **only(Direction.ISSUED)) == ["submitted", *changes]
    assert await told(claim, supplier, **only(Direction.RECEIVED, Direction.TO_VALIDATE)) == []
    # VALIDEE_1 is the validator's; from DEPOSEE on the claim is its recipient's.
    assert await told(claim, recipient, **only(Direction.RECEIVED)) == changes[1:]
    assert await told(claim, validating, **only(Direction.TO_VALIDATE)) == ["submitted", *changes]
    assert await told(claim, recipient, **only(Direction.WORKS)) == []
    if claims is MEMOS:
        assert await told(claim, paying) == changes[1:]
        assert await told(claim, validating, **only(Direction.RECEIVED)) == []
    assert await told(claim, an_actor(await a_structure())) == []


async def test_events_are_found_by_service_and_amount(claims: Kind, who: Sides) -> None:
    claim = await a_claim(claims, who, S.MISE_A_DISPOSITION)
    actor, amount = an_actor(who.supplier), draft_for(claims, who).amount
    assert amount is not None

    assert len(await told(claim, actor, services=frozenset({who.paying.id}))) == 5
    assert await told(claim, actor, services=frozenset({"svc_another"})) == []
    assert len(await told(claim, actor, total_from=amount, total_to=amount)) == 5
    assert await told(claim, actor, total_from=amount + 1) == []


async def test_lists_are_narrowed_and_ordered(claims: Kind, who: Sides) -> None:
    module = memo_queries if claims is MEMOS else refund_queries
    first = await a_claim(claims, who, S.SUSPENDUE, external_reference="erp-1")
    second = await a_claim(claims, who, S.BROUILLON)
    actor, both = an_actor(who.supplier), an_actor(who.recipient)

    async def of(viewer: Actor, **asked: Any) -> list[str]:
        kind: Any = memo_queries.MemoCriteria if claims is MEMOS else refund_queries.RefundCriteria
        criteria: ClaimCriteria = kind(**asked)
        select = (module.memos if claims is MEMOS else module.refunds)(
            viewer, criteria, ClaimOrder.OLDEST_FIRST
        )
        return await found(select)

    assert await of(actor) == [first.id, second.id]
    assert await of(actor, statuses=[S.BROUILLON]) == [second.id]
    assert await of(actor, number=first.number) == [first.id]
    assert await of(actor, external_reference="erp-1") == [first.id]
    assert await of(actor, service_codes=[who.validating.code], statuses=[S.SUSPENDUE]) == (
        [first.id]
    )
    assert await of(actor, is_to_acknowledge=True) == [first.id]
    assert await of(actor, amount_from_cents=first.amount_cents, statuses=[S.SUSPENDUE]) == (
        [first.id]
    )
    assert await of(actor, amount_from_cents=(first.amount_cents or 0) + 1) == []
    assert await of(both, parties=[Party.RECIPIENT]) == [first.id]
    assert await of(both, parties=[Party.SUPPLIER]) == []
    # A structure in two parts of one claim finds it once.
    assert await of(both) == [first.id]
    assert await of(both, counterparties=[who.supplier.id]) == [first.id]


async def test_a_draft_is_read_again_as_it_was_given(claims: Kind, who: Sides) -> None:
    actor = an_actor(who.supplier)
    draft = draft_for(claims, who, comment="  Merci\r\nd'avance ", external_reference="")

    saved = await claims.save_draft(actor, draft)

    assert await claims.draft_of(actor, saved.id) == draft.normalised()
    assert draft.normalised().comment == "Merci\nd'avance"
    assert draft.normalised().external_reference is None
    assert draft.fingerprint() == draft.normalised().fingerprint()
    assert draft.fingerprint() != replace(draft, number="AUTRE").fingerprint()


async def test_a_draft_may_lack_everything_but_its_supplier(claims: Kind, who: Sides) -> None:
    actor, kind = an_actor(who.supplier), claims.drafts

    saved = await claims.save_draft(actor, kind(supplier_id=who.supplier.id))

    assert (saved.status, saved.number, saved.recipient_id) == (S.BROUILLON, None, None)
    with pytest.raises(Invalid) as refusal:
        await claims.save_draft(actor, kind())
    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-001"]
    with pytest.raises(Invalid) as refusal:
        await claims.submit_draft(actor, saved.id)
    assert {"BDR-INV-001"} <= {p.rule for p in refusal.value.problems}


async def test_a_draft_is_submitted_once_by_its_own_side(claims: Kind, who: Sides) -> None:
    manager = an_actor(who.supplier)
    saved = await claims.save_draft(manager, draft_for(claims, who))
    looking = an_actor(
        who.supplier, role=Role.USER, spaces=[(claims.space, Level.CONSULTATION_UNIQUEMENT)]
    )
    with pytest.raises(NotFound):
        await claims.submit_draft(an_actor(who.recipient), saved.id)
    with pytest.raises(Forbidden):
        await claims.submit_draft(looking, saved.id)
    with pytest.raises(Conflict):
        await claims.submit_draft(manager, saved.id, expected_version=7)

    done = await claims.submit_draft(manager, saved.id, expected_version=1)

    assert (done.claim.id, done.claim.status, done.claim.draft) == (saved.id, S.A_VALIDER_1, None)
    assert done.claim.receipt_number
    with pytest.raises(WrongStatus):
        await claims.submit_draft(manager, saved.id)
    assert [e.kind.split(".")[1] for e in await events.of_subject(saved.id)] == (
        ["draft_saved", "submitted"]
    )


async def test_a_number_is_used_once_and_stays_used(claims: Kind, who: Sides) -> None:
    manager = an_actor(who.supplier)
    claim = await a_claim(claims, who, S.REFUSEE_1)
    again = draft_for(claims, who, number=claim.number)

    with pytest.raises(Invalid) as refusal:
        await claims.submit(manager, again)

    (problem,) = refusal.value.problems
    assert (problem.code, problem.path, problem.params["id"]) == (
        "DUPLICATE",
        (claims.name, "number"),
        claim.id,
    )
    assert (await claims.submit(manager, replace(again, number="AUTRE"))).claim.id


async def test_what_waits_too_long_to_be_acknowledged_closes_the_deposits(
    claims: Kind, who: Sides, clock: Clock
) -> None:
    claim = await a_claim(claims, who, S.REFUSEE_1)
    clock.advance(timedelta(days=8))
    draft = draft_for(claims, who)
    with pytest.raises(Invalid) as refusal:
        await claims.submit(an_actor(who.supplier), draft)
    assert [p.rule for p in refusal.value.problems] == ["BDR-LIF-021"]

    await act(claims, who, claim, A.ACKNOWLEDGE)

    assert (await claims.submit(an_actor(who.supplier), draft)).claim.status == S.A_VALIDER_1


async def test_who_receives_a_claim_may_look_its_depositor_up(claims: Kind, who: Sides) -> None:
    recipient = an_actor(who.recipient)
    by_id = equals("id", who.supplier.id)
    assert await found(search.seen(recipient).where(by_id)) == []

    await a_claim(claims, who)

    assert await found(search.seen(recipient).where(by_id)) == [who.supplier.id]
    assert await found(search.seen(an_actor(await a_structure())).where(by_id)) == []


async def test_the_history_of_a_structure_leaves_out_the_life_of_claims(
    claims: Kind, who: Sides
) -> None:
    claim = await a_claim(claims, who)
    select = member_queries.history(an_actor(who.supplier))
    assert select is not None

    to = Statement(dialect())
    rows = await fetch(page_sql(to, select, Slice(50), EVERYTHING), *to.params)

    kinds = {row["kind"] for row in rows}
    assert "space.opened" in kinds
    assert not any(kind.startswith(f"{claim.kind}.") for kind in kinds)
