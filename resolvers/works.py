"""Works billing files: read them, deposit their pieces, act on them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.select import Select, equals
from domain.works import actions, queries
from domain.works.models import WorksPiece as PieceRow
from domain.works.queries import (
    BillingFileCriteria,
    BillingFileOrder,
    WorksPieceCriteria,
    WorksPieceOrder,
)
from resolvers import drafts
from resolvers.fields import Done, mutation, query_one, query_page
from schema.context import Info
from schema.pages import Connection
from schema.works import BillingFile, WorksPiece
from schema.works_inputs import (
    BillingFileFilter,
    WorksPieceDraftSaveInput,
    WorksPieceFilter,
    WorksPieceMoveInput,
    WorksPieceSubmitInput,
    WorksPieceValidateInput,
)

# The finance service reads its pieces among its received invoices.
READ = (Permission.READ_WORKS, Permission.READ_RECEIVED)


def _pieces(
    viewer: Actor,
    filter: Annotated[
        WorksPieceFilter | None, strawberry.argument(description="Filtre. Only these pieces.")
    ] = None,
    order: Annotated[
        WorksPieceOrder, strawberry.argument(description="Ordre. Newest first by default.")
    ] = WorksPieceOrder.NEWEST_FIRST,
) -> Select | None:
    criteria = filter.criteria() if filter else WorksPieceCriteria()
    return queries.listed(viewer, criteria, order)


def _piece(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Pièce. Which one.")],
) -> Select | None:
    seen = queries.seen(viewer)
    return seen and seen.where(equals("id", id))


def _files(
    viewer: Actor,
    filter: Annotated[
        BillingFileFilter | None, strawberry.argument(description="Filtre. Only these files.")
    ] = None,
    order: Annotated[
        BillingFileOrder,
        strawberry.argument(description="Ordre. Latest change first by default."),
    ] = BillingFileOrder.LATEST_CHANGE_FIRST,
) -> Select | None:
    criteria = filter.criteria() if filter else BillingFileCriteria()
    return queries.files_listed(viewer, criteria, order)


def _file(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Dossier. Which one.")],
) -> Select | None:
    seen = queries.files_seen(viewer)
    return seen and seen.where(equals("id", id))


@strawberry.type
class WorksQuery:
    billing_files: Connection[BillingFile] = query_page(
        _files,
        Permission.READ_WORKS,
        description="Dossiers de facturation. The works files in which your structures take part;"
        " `awaiting` makes a work list of them.",
    )
    billing_file: BillingFile | None = query_one(
        _file,
        Permission.READ_WORKS,
        description="Dossier de facturation. One file; null when there is none that you may see.",
    )
    works_pieces: Connection[WorksPiece] = query_page(
        _pieces,
        *READ,
        description="Pièces de travaux. The pieces that your structures deposited, validate,"
        " follow or pay.",
    )
    works_piece: WorksPiece | None = query_one(
        _piece,
        *READ,
        description="Pièce de travaux. One piece; null when there is none that you may see.",
    )


@strawberry.type
class WorksMutation:
    @mutation(
        Permission.ACT_ON_WORKS,
        description="Enregistrer un brouillon de pièce. Keep an unfinished piece; nothing is sent.",
        shows=("piece", WorksPiece),
        model=PieceRow,
    )
    async def works_piece_draft_save(self, info: Info, input: WorksPieceDraftSaveInput) -> PieceRow:
        return await actions.save_draft(
            info.context.actor,
            input.piece.draft(),
            draft_id=input.draft,
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.ACT_ON_WORKS,
        description="Contrôler une pièce. Answers exactly what `worksPieceSubmit` would refuse or"
        " advise, and writes nothing; `piece` stays null.",
        shows=("piece", WorksPiece),
        writes=False,
    )
    async def works_piece_validate(self, info: Info, input: WorksPieceValidateInput) -> Done:
        return await drafts.judged(actions, info.context.actor, input.piece, input.draft, "piece")

    @mutation(
        Permission.ACT_ON_WORKS,
        description="Déposer une pièce. Opens a billing file, or follows a piece of one; checked,"
        " sent to the next actor and told at once.",
        shows=("piece", WorksPiece),
        model=PieceRow,
    )
    async def works_piece_submit(self, info: Info, input: WorksPieceSubmitInput) -> Done:
        done = await drafts.deposited(
            actions,
            info.context.actor,
            input.piece,
            input.draft,
            "piece",
            expected_version=input.expected_version,
        )
        return Done(done.piece, done.advice)

    @mutation(
        Permission.ACT_ON_WORKS,
        Permission.PROCESS,
        description="Agir sur une pièce. One action of its life cycle, by the party it belongs to:"
        " validate, take up, refuse, complete, correct an actor, pay…",
        shows=("piece", WorksPiece),
        model=PieceRow,
    )
    async def works_piece_move(self, info: Info, input: WorksPieceMoveInput) -> PieceRow:
        return await actions.move(info.context.actor, input.id, input.action, input.given())
