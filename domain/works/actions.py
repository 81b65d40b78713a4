"""The verbs of works billing files: save a draft, check, deposit, move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain import deadlines, documents
from domain.access import Actor, Permission
from domain.clock import now
from domain.contracts.known import turn
from domain.documents import Given, Prepare
from domain.errors import Invalid, NotFound, Problem, WrongStatus
from domain.events import check_version, transaction
from domain.ids import findable
from domain.invoices.draft import Draft
from domain.invoices.known import known_of as known_of_invoice
from domain.invoices.receipt import receipt_number
from domain.invoices.rules import errors, routing_problems
from domain.lifecycle import Party, Step
from domain.reference.statuses import InvoiceStatus as S
from domain.rules_text import problem
from domain.works import circuits, corrections, files
from domain.works.draft import PieceDraft
from domain.works.filling import fill, name_parties, new_file, new_piece, start_clock
from domain.works.known import Held, WorksKnown, known_of
from domain.works.lifecycle import WORKS, WorksAction
from domain.works.models import WorksPiece, hold_together
from domain.works.rules import NOTHING_KNOWN, form_problems, problems_of

PATH = ("piece",)


@dataclass(frozen=True)
class PieceJudged:
    """A normalised draft, what is known of it, and every problem and advice."""

    draft: PieceDraft
    known: WorksKnown
    problems: Sequence[Problem]

    @property
    def advice(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "WARNING"]


@dataclass(frozen=True)
class PieceDeposited:
    """A deposit and the advice that goes with it."""

    piece: WorksPiece
    advice: Sequence[Problem]


async def judge(
    actor: Actor, draft: PieceDraft, *, own_id: str | None = None, held: Held | None = None
) -> PieceJudged:
    """Everything that would be said of the draft if it were submitted now; writes nothing.

    Raises:
        NotFound, Forbidden: the caller may not deposit for the structure.
    """
    draft = draft.normalised()
    if not circuits.is_works(draft.frame):
        # Nothing more can be said of it: every other rule depends on the frame.
        return PieceJudged(draft, WorksKnown(NOTHING_KNOWN), form_problems(draft, PATH))
    known = await known_of(actor, draft, own_id=own_id, held=held)
    if draft.depositor_id is not None:
        _require_depositor(actor, draft, known)
    draft = _inherited(draft, known)
    found = problems_of(draft, known.facts, PATH)
    found += await _finance_problems(draft, known)
    return PieceJudged(draft, known, found)


async def submit(actor: Actor, draft: PieceDraft) -> PieceDeposited:
    """Deposit a piece: check everything, write it, move the pieces it follows, tell it all.

    Raises:
        NotFound, Forbidden, Invalid
    """
    async with transaction():
        draft = draft.normalised()
        held = await _hold(actor, draft)
        return await _deposit(new_piece(actor, draft), actor, draft, held, is_new=True)


async def save_draft(
    actor: Actor,
    draft: PieceDraft,
    *,
    draft_id: str | None = None,
    expected_version: int | None = None,
) -> WorksPiece:
    """Keep an unfinished piece; only its form is checked.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus, Conflict
    """
    draft = draft.normalised()
    async with transaction():
        refusals = errors(form_problems(draft, PATH))
        if draft.depositor_id is None:
            refusals.append(problem("BDR-WRK-001", (*PATH, "depositorId")))
        if refusals:
            raise Invalid(*refusals)
        own = [] if draft_id is None else [await _seen(actor, draft_id, ("draft",))]
        held = await hold_together(own, _reference(draft))
        known = await known_of(actor, draft, own_id=draft_id)
        _require_depositor(actor, draft, known)
        saved = held[own[0].id] if own else None
        if saved is not None:
            _check_draft(saved, expected_version)
            if saved.depositor_id != draft.depositor_id:
                raise Invalid(problem("BDR-INV-074", (*PATH, "depositorId")))
        if known.facts.reference_used_by is not None:
            raise Invalid(*_used(draft, known))
        piece = saved or new_piece(actor, draft)
        fill(piece, draft, known)
        documents.keep(piece, S.BROUILLON)
        piece.draft = draft.as_json()
        documents.tell(piece, "works_piece.draft_saved", actor, Party.DEPOSITOR)
        await piece.save(force_create=saved is None)
    return piece


async def submit_draft(
    actor: Actor, draft_id: str, *, expected_version: int | None = None
) -> PieceDeposited:
    """Deposit a saved draft.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus, Conflict
    """

    def check(piece: WorksPiece) -> None:
        _check_draft(piece, expected_version)

    return await _deposit_saved(actor, draft_id, ("draft",), check)


async def draft_of(actor: Actor, draft_id: str) -> PieceDraft:
    """The content of a saved draft.

    Raises:
        NotFound
    """
    piece = await _seen(actor, draft_id, ("draft",))
    if piece.draft is None:
        raise NotFound(problem("BDR-REQ-001", ("draft",)))
    return PieceDraft.from_json(piece.draft)


async def move(actor: Actor, identifier: str, action: WorksAction, given: Given) -> WorksPiece:
    """Take one action of the life cycle.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid, Conflict
    """
    if unused := _unused(action, given):
        raise Invalid(*unused)
    if action is WorksAction.SUBMIT:
        # It moves other pieces too, as every deposit does.
        def check(piece: WorksPiece) -> None:
            documents.checked(piece, action, actor, given)

        return (await _deposit_saved(actor, identifier, ("id",), check)).piece
    return await documents.move(
        WorksPiece,
        identifier,
        action,
        actor,
        given,
        prepare=PREPARE,
        follow_up=files.follow_up,
    )


# The deposit


async def _deposit_saved(
    actor: Actor, identifier: str, path: tuple[str, ...], check: Callable[[WorksPiece], None]
) -> PieceDeposited:
    """Deposit a saved draft, if `check` lets it: once to know what to hold, once when held."""
    async with transaction():
        seen = await _seen(actor, identifier, path)
        check(seen)
        draft = PieceDraft.from_json(seen.draft or {}).normalised()
        held = await _hold(actor, draft, seen)
        piece = held[seen.id]
        check(piece)
        # What it says by now may name other things than those held.
        check_version(piece, seen.event_count)
        return await _deposit(piece, actor, draft, held, is_new=False)


async def _deposit(
    piece: WorksPiece, actor: Actor, draft: PieceDraft, held: Held, *, is_new: bool
) -> PieceDeposited:
    judged = await judge(actor, draft, own_id=piece.id, held=held)
    if refusals := errors(judged.problems):
        raise Invalid(*refusals)
    draft, known, at = judged.draft, judged.known, now()
    opened = known.file is None and not circuits.row(draft.frame).joins
    file = new_file(draft) if opened else known.file
    fill(piece, draft, known)
    piece.draft = None
    piece.file_id = file.id if file else None
    piece.receipt_number = receipt_number(piece.id, at)
    piece.receipt_sha256 = draft.fingerprint()
    if file is not None and opened:
        await file.save(force_create=True)
    if file is not None:
        name_parties(file, piece)
        start_clock(piece, file)
    documents.take(piece, _submission(piece), actor, Given())
    documents.settle(piece)
    await piece.save(force_create=is_new)
    await _move_others(piece, known, actor)
    if file is not None:
        kind = "billing_file.opened" if opened else "billing_file.piece_added"
        await files.refresh(file, actor, kind)
    else:
        await files.look_again(piece, actor)
    return PieceDeposited(piece, judged.advice)


async def _move_others(piece: WorksPiece, known: WorksKnown, actor: Actor) -> None:
    """What the deposit does to the pieces that it follows, replaces, carries and answers."""
    if known.replaced is not None:
        await _take(known.replaced, WorksAction.REDO, actor)
    elif known.previous is not None:
        overtakes = circuits.opens_tacit_procedure(known.previous.frame) and circuits.is_tacit(
            piece.frame
        )
        action = WorksAction.REPLACE if overtakes else WorksAction.FOLLOW
        await _take(known.previous, action, actor)
        if overtakes:
            await _overtake(known.previous, actor)
    for request in known.attached:
        request.attached_to_id, request.file_id = piece.id, piece.file_id
        # Behind a co-contractor stands the agent of its group, who sees the whole file.
        request.holder_id = piece.holder_id
        request.project_manager_id = piece.project_manager_id
        request.project_manager_service_id = piece.project_manager_service_id
        request.contracting_authority_id = piece.contracting_authority_id
        request.contracting_authority_service_id = piece.contracting_authority_service_id
        await _take(request, WorksAction.ATTACH, actor)
    if circuits.is_general_statement(piece.frame) or circuits.closes_tacit_procedure(piece.frame):
        await _answer(piece)


async def _overtake(final_draft: WorksPiece, actor: Actor) -> None:
    """The tacit procedure leaves behind whatever the file still waited for."""
    assert final_draft.file_id is not None
    for other in await files.pieces_of(final_draft.file_id):
        step = WORKS.on_deposit(WorksAction.REPLACE, other.status, other.facts())
        if step is not None and other.id != final_draft.id and other.status != S.ASSOCIEE:
            await _take(other, WorksAction.REPLACE, actor)


async def _answer(piece: WorksPiece) -> None:
    """The general statement stops the time of the drafts that asked for it."""
    assert piece.file_id is not None
    for other in await files.pieces_of(piece.file_id):
        asked = circuits.opens_tacit_procedure(other.frame) or circuits.is_tacit(other.frame)
        if asked and other.id != piece.id and other.answered_at is None:
            other.answered_at = now()
            documents.settle(other)
            await other.save()


async def _take(other: WorksPiece, action: WorksAction, actor: Actor) -> None:
    step = WORKS.on_deposit(action, other.status, other.facts())
    if step is None:
        raise WrongStatus(
            problem("BDR-WRK-016", PATH, status=other.status, number=other.number or "")
        )
    documents.take(other, step, actor, Given())
    documents.settle(other)
    await other.save()


def _submission(piece: WorksPiece) -> Step[Any]:
    rows = WORKS.rows(WorksAction.SUBMIT, S.BROUILLON)
    return next(row for row in rows if row.allowed(piece.facts()))


async def _hold(actor: Actor, draft: PieceDraft, *own: WorksPiece) -> Held:
    """One at a time for the same number, reference and ceiling; what the draft names, held."""
    names = {f"works number {draft.depositor_id} {draft.number}", *_reference(draft)}
    if circuits.row(draft.frame).joins and draft.contract_number:
        # One at a time against the same ceiling, whatever the kind of document.
        names.add(turn(draft.contract_number))
    named = [i for i in (draft.previous_id, draft.replaces_id, *draft.attached_ids) if i]
    found = await WorksPiece.filter(id__in=[findable(i) for i in named]) if named else []
    seen = [piece for piece in found if piece.visible_to(actor)]
    return await hold_together([*own, *seen], names)


def _reference(draft: PieceDraft) -> set[str]:
    """The name under which one goes on at a time with the reference of the draft, if any."""
    if draft.external_reference is None:
        return set()
    return {f"works reference {draft.depositor_id} {draft.external_reference}"}


def _inherited(draft: PieceDraft, known: WorksKnown) -> PieceDraft:
    """The contract and the commitment of the file hold for every piece of it."""
    file = known.file
    if file is None:
        return draft
    return replace(
        draft,
        contract_number=draft.contract_number or file.contract_number,
        commitment_number=draft.commitment_number or file.commitment_number,
        period_from=draft.period_from or file.period_from,
        period_to=draft.period_to or file.period_to,
    )


async def _finance_problems(draft: PieceDraft, known: WorksKnown) -> list[Problem]:
    """What the payer asks of everything it receives: a service, a commitment, their form."""
    finance = known.parties.get(Party.RECIPIENT)
    if finance is None or not circuits.is_paid(draft.frame):
        return []
    asked = Draft(
        recipient_siret=finance.structure["identifier"],
        recipient_service_code=finance.service["code"] if finance.service else None,
        commitment_number=draft.commitment_number,
        number=draft.number,
    ).normalised()
    facts = (await known_of_invoice(asked)).facts
    # Its own works are what an authority of works alone does receive.
    recipient = facts.recipient and replace(facts.recipient, is_moa_only=False)
    found = routing_problems(asked, replace(facts, recipient=recipient), PATH)
    return [replace(p, path=_finance_path(p.path)) for p in found]


def _finance_path(path: tuple[str, ...]) -> tuple[str, ...]:
    named = {
        "recipientSiret": ("finance", "identifier"),
        "recipientServiceCode": ("finance", "serviceCode"),
    }
    return (*path[:-1], *named.get(path[-1], (path[-1],)))


PREPARE: Mapping[str, Prepare] = {
    WorksAction.CORRECT_VALIDATOR: corrections.validator,
    WorksAction.CORRECT_PARTY: corrections.routing,
    WorksAction.REROUTE: corrections.routing,
}
deadlines.watch(WorksPiece, files.follow_up)

# Which of the optional inputs an action takes, beside the reason and the comment.
_TAKES: Mapping[str, tuple[str, frozenset[WorksAction]]] = {
    "routing": ("routing", frozenset({WorksAction.CORRECT_PARTY, WorksAction.REROUTE})),
    "validator": ("validator", frozenset({WorksAction.CORRECT_VALIDATOR})),
    "payment_order_number": (
        "paymentOrderNumber",
        frozenset({WorksAction.ORDER_PAYMENT, WorksAction.PAY}),
    ),
}


def _unused(action: WorksAction, given: Given) -> list[Problem]:
    return [
        problem("BDR-LIF-020", (shown,), action=action)
        for name, (shown, actions) in _TAKES.items()
        if getattr(given, name) is not None and action not in actions
    ]


async def _seen(actor: Actor, identifier: str, path: tuple[str, ...]) -> WorksPiece:
    """The piece, not held, if the actor may see it."""
    piece = await WorksPiece.get_or_none(id=findable(identifier))
    if piece is None or not piece.visible_to(actor):
        raise NotFound(problem("BDR-REQ-001", path))
    return piece


def _check_draft(piece: WorksPiece, expected_version: int | None) -> None:
    if piece.status != S.BROUILLON:
        raise WrongStatus(problem("BDR-LIF-001", ("draft",), action="SUBMIT", status=piece.status))
    check_version(piece, expected_version)


def _require_depositor(actor: Actor, draft: PieceDraft, known: WorksKnown) -> None:
    """Refuse unless the actor may deposit for the structure, or for its service in the file."""
    assert draft.depositor_id is not None
    mine = circuits.deposited_as(draft.frame)
    named = known.parties.get(mine) if mine is not None else None
    service = named.service_id if named and named.id == draft.depositor_id else None
    if service is not None and actor.may(Permission.ACT_ON_WORKS, service):
        return
    path = (*PATH, "depositorId")
    actor.require(Permission.ACT_ON_WORKS, on=draft.depositor_id, path=path)


def _used(draft: PieceDraft, known: WorksKnown) -> list[Problem]:
    return [
        problem(
            "BDR-WRK-027",
            (*PATH, "externalReference"),
            reference=draft.external_reference,
            id=known.facts.reference_used_by,
        )
    ]
