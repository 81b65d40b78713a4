"""Refund requests of energy tax: read them, submit them, act on them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.claims.queries import ClaimOrder
from domain.refunds import queries
from domain.refunds.actions import REFUNDS
from domain.refunds.models import Refund as RefundRow
from domain.refunds.queries import RefundCriteria
from domain.select import Select, equals
from resolvers import drafts
from resolvers.fields import Done, mutation, query_one, query_page
from schema.context import Info
from schema.pages import Connection
from schema.refunds import (
    Refund,
    RefundDraftSaveInput,
    RefundFilter,
    RefundMoveInput,
    RefundSubmitInput,
    RefundValidateInput,
)

READ, ACT = Permission.READ_REFUNDS, Permission.ACT_ON_REFUNDS


def _refunds(
    viewer: Actor,
    filter: Annotated[
        RefundFilter | None, strawberry.argument(description="Filtre. Only these requests.")
    ] = None,
    order: Annotated[
        ClaimOrder, strawberry.argument(description="Ordre. Newest first by default.")
    ] = ClaimOrder.NEWEST_FIRST,
) -> Select | None:
    return queries.refunds(viewer, filter.criteria() if filter else RefundCriteria(), order)


def _refund(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Identifiant. Which one.")],
) -> Select | None:
    seen = queries.seen(viewer)
    return seen and seen.where(equals("id", id))


@strawberry.type
class RefundQuery:
    refunds: Connection[Refund] = query_page(
        _refunds,
        READ,
        description="Demandes de remboursement. The requests that your structures submitted,"
        " validate or pay.",
    )
    refund: Refund | None = query_one(
        _refund,
        READ,
        description="Demande de remboursement. One request; null when there is none that you"
        " may see.",
    )


@strawberry.type
class RefundMutation:
    @mutation(
        ACT,
        description="Enregistrer un brouillon. Keep an unfinished request; nothing is sent.",
        shows=("refund", Refund),
        model=RefundRow,
    )
    async def refund_draft_save(self, info: Info, input: RefundDraftSaveInput) -> RefundRow:
        return await REFUNDS.save_draft(
            info.context.actor,
            input.refund.draft(),
            draft_id=input.draft,
            expected_version=input.expected_version,
        )

    @mutation(
        ACT,
        description="Contrôler une demande. Answers exactly what `refundSubmit` would refuse or"
        " advise, and writes nothing; `refund` stays null.",
        shows=("refund", Refund),
        writes=False,
    )
    async def refund_validate(self, info: Info, input: RefundValidateInput) -> Done:
        return await drafts.judged(REFUNDS, info.context.actor, input.refund, input.draft, "refund")

    @mutation(
        ACT,
        description="Envoyer une demande. Checked, numbered, and given to the tax office at once.",
        shows=("refund", Refund),
        model=RefundRow,
    )
    async def refund_submit(self, info: Info, input: RefundSubmitInput) -> Done:
        done = await drafts.deposited(
            REFUNDS,
            info.context.actor,
            input.refund,
            input.draft,
            "refund",
            expected_version=input.expected_version,
        )
        return Done(done.claim, done.advice)

    @mutation(
        ACT,
        description="Agir sur une demande. One action of its life cycle, by the party it belongs"
        " to: validate, refuse, suspend, complete, reject, pay…",
        shows=("refund", Refund),
        model=RefundRow,
    )
    async def refund_move(self, info: Info, input: RefundMoveInput) -> RefundRow:
        return await REFUNDS.move(info.context.actor, input.id, input.action, input.given())
