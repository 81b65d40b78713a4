"""Memos of court costs: read them, submit them, act on them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.claims.queries import ClaimOrder
from domain.memos import queries
from domain.memos.actions import MEMOS
from domain.memos.models import Memo as MemoRow
from domain.memos.queries import MemoCriteria
from domain.select import Select, equals
from resolvers import drafts
from resolvers.fields import Done, mutation, query_one, query_page
from schema.context import Info
from schema.memos import (
    Memo,
    MemoDraftSaveInput,
    MemoFilter,
    MemoMoveInput,
    MemoSubmitInput,
    MemoValidateInput,
)
from schema.pages import Connection

READ, ACT = Permission.READ_MEMOS, Permission.ACT_ON_MEMOS


def _memos(
    viewer: Actor,
    filter: Annotated[
        MemoFilter | None, strawberry.argument(description="Filtre. Only these memos.")
    ] = None,
    order: Annotated[
        ClaimOrder, strawberry.argument(description="Ordre. Newest first by default.")
    ] = ClaimOrder.NEWEST_FIRST,
) -> Select | None:
    return queries.memos(viewer, filter.criteria() if filter else MemoCriteria(), order)


def _memo(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Identifiant. Which one.")],
) -> Select | None:
    seen = queries.seen(viewer)
    return seen and seen.where(equals("id", id))


@strawberry.type
class MemoQuery:
    memos: Connection[Memo] = query_page(
        _memos,
        READ,
        description="Mémoires de frais de justice. The memos that your structures submitted,"
        " certify or pay.",
    )
    memo: Memo | None = query_one(
        _memo,
        READ,
        description="Mémoire. One memo; null when there is none that you may see.",
    )


@strawberry.type
class MemoMutation:
    @mutation(
        ACT,
        description="Enregistrer un brouillon. Keep an unfinished memo; nothing is sent.",
        shows=("memo", Memo),
        model=MemoRow,
    )
    async def memo_draft_save(self, info: Info, input: MemoDraftSaveInput) -> MemoRow:
        return await MEMOS.save_draft(
            info.context.actor,
            input.memo.draft(),
            draft_id=input.draft,
            expected_version=input.expected_version,
        )

    @mutation(
        ACT,
        description="Contrôler un mémoire. Answers exactly what `memoSubmit` would refuse or"
        " advise, and writes nothing; `memo` stays null.",
        shows=("memo", Memo),
        writes=False,
    )
    async def memo_validate(self, info: Info, input: MemoValidateInput) -> Done:
        return await drafts.judged(MEMOS, info.context.actor, input.memo, input.draft, "memo")

    @mutation(
        ACT,
        description="Envoyer un mémoire. Checked, numbered, and given to the registry at once.",
        shows=("memo", Memo),
        model=MemoRow,
    )
    async def memo_submit(self, info: Info, input: MemoSubmitInput) -> Done:
        done = await drafts.deposited(
            MEMOS,
            info.context.actor,
            input.memo,
            input.draft,
            "memo",
            expected_version=input.expected_version,
        )
        return Done(done.claim, done.advice)

    @mutation(
        ACT,
        description="Agir sur un mémoire. One action of its life cycle, by the party it belongs"
        " to: validate, refuse, suspend, complete, reject, pay…",
        shows=("memo", Memo),
        model=MemoRow,
    )
    async def memo_move(self, info: Info, input: MemoMoveInput) -> MemoRow:
        return await MEMOS.move(info.context.actor, input.id, input.action, input.given())
