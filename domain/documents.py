"""Documents move through their life cycle by one function, the only writer of `status`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from tortoise import fields
from tortoise.models import Model

from domain import events
from domain.access import SYSTEM, Actor, Permission
from domain.clock import instant_text, now
from domain.errors import Forbidden, Invalid, NotFound, Problem, WrongStatus
from domain.events import Change, check_version
from domain.ids import findable
from domain.lifecycle import Lifecycle, Need, Party, Step
from domain.reference.reasons import REASONS, Reason, reasons_for
from domain.reference.statuses import InvoiceStatus
from domain.rules_text import problem, text_problems

# The last changes of status are kept in the row, for lists that show them.
RECENT = 3
COMMENT_MAX = 2000
PAYMENT_ORDER_MAX = 50


@dataclass(frozen=True)
class Routing:
    """A corrected destination. A None field keeps what the document has; "" empties it."""

    recipient_siret: str | None = None
    service_code: str | None = None
    commitment_number: str | None = None


@dataclass(frozen=True)
class Given:
    """What the caller supplies with an action."""

    reason: str | None = None
    comment: str | None = None
    routing: Routing | None = None
    validator: Any = None
    payment_order_number: str | None = None
    expected_version: int | None = None


class Document(Model):
    """What every document has: a status, its parties and its place in the event log."""

    kind: ClassVar[str]
    lifecycle: ClassVar[Lifecycle[Any]]
    # Reasons that never serve to send this kind of document back, and the rule that says why.
    blocked_reasons: ClassVar[Mapping[str, str]] = {}

    id = fields.CharField(primary_key=True, max_length=30)
    status = fields.CharField(max_length=60)
    status_at = fields.DatetimeField()
    reason = fields.CharField(max_length=40, null=True)
    status_comment = fields.CharField(max_length=2000, null=True)
    deadline_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)
    recent_changes: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    created_at = fields.DatetimeField()

    class Meta:
        abstract = True

    @classmethod
    async def held(cls, identifier: str, actor: Actor) -> Self | None:  # noqa: ARG003 - see below
        """The document, held for this transaction, with all that its steps change beside it.

        Where that is more than the document, what the actor may not see is not held: None.
        """
        return await cls.filter(id=identifier).select_for_update().first()

    def parties(self) -> Mapping[Party, str]:
        """The structure that plays each part."""
        raise NotImplementedError

    def places(self) -> Mapping[Party, tuple[str, ...]]:
        """Where a right lets someone act in each part: the structure, or the service it named."""
        return {party: (structure,) for party, structure in self.parties().items()}

    def facts(self) -> Any:
        """What the conditions of the life cycle look at."""
        raise NotImplementedError

    def card(self) -> dict[str, Any]:
        """The document in short, as its events carry it."""
        raise NotImplementedError

    def entered(self, step: Step[Any], given: Given, at: datetime) -> None:
        """Whatever else changes on the row when the step is taken."""

    def seen_by(self) -> Mapping[Party, str]:
        """The parties that see the document in its present status."""
        hidden = self.lifecycle.hidden
        return {p: s for p, s in self.parties().items() if self.status not in hidden.get(p, ())}

    def audience(self) -> list[tuple[str, Permission]]:
        """The rights that open the document, and its events, in its present status."""
        places, sees = self.places(), self.lifecycle.sees
        return [(place, sees[p]) for p in self.seen_by() for place in places[p]]

    def visible_to(self, actor: Actor) -> bool:
        """Whether the actor holds one of the rights that open the document."""
        return any(actor.may(permission, place) for place, permission in self.audience())


D = TypeVar("D", bound=Document)
Prepare = Callable[[Any, Step[Any], Given, Actor], Awaitable[None]]
# What changes in other rows once a step was taken, in the same transaction.
FollowUp = Callable[[Any, Step[Any], Actor], Awaitable[None]]


async def locked(model: type[D], identifier: str, actor: Actor, path: tuple[str, ...] = ()) -> D:
    """The document, held for this transaction, among those that the actor can see.

    Raises:
        NotFound
    """
    document = await model.held(findable(identifier), actor)
    if document is None or not document.visible_to(actor):
        raise NotFound(problem("BDR-REQ-001", path))
    return document


async def move(
    model: type[D],
    identifier: str,
    action: str,
    actor: Actor,
    given: Given,
    *,
    prepare: Mapping[str, Prepare],
    follow_up: FollowUp | None = None,
    path: tuple[str, ...] = (),
) -> D:
    """Take one action on one document, then every step that the platform takes at once.

    `prepare` holds, per action, what must be looked up or checked before the step is taken;
    `follow_up` what changes elsewhere after it.

    Raises:
        NotFound, WrongStatus, Forbidden, Invalid, Conflict
    """
    async with events.transaction():
        document = await locked(model, identifier, actor, (*path, "id"))
        step = checked(document, action, actor, given, path)
        if step.action in prepare:
            await prepare[step.action](document, step, given, actor)
        take(document, step, actor, given)
        settle(document)
        await document.save()
        if follow_up is not None:
            await follow_up(document, step, actor)
    return document


def checked(
    document: Document, action: str, actor: Actor, given: Given, path: tuple[str, ...] = ()
) -> Step[Any]:
    """The row that the action takes on the document with what is given.

    Raises:
        WrongStatus, Forbidden, Invalid, Conflict
    """
    check_version(document, given.expected_version, path)
    step = _step(document, action, actor, (*path, "action"))
    _check_needs(document, step, given, path)
    return step


async def lapse(
    model: type[D], identifier: str, at: datetime, follow_up: FollowUp | None = None
) -> bool:
    """Take the step of the clock that is due on the document; False when none is due any more."""
    async with events.transaction():
        document = await model.held(identifier, SYSTEM)
        if document is None or document.deadline_at is None or document.deadline_at > at:
            return False
        timed = _timed(document)
        if timed is None or timed[1] > at:
            document.deadline_at = timed and timed[1]
            await document.save()
            return False
        take(document, timed[0], SYSTEM, Given())
        settle(document)
        await document.save()
        if follow_up is not None:
            await follow_up(document, timed[0], SYSTEM)
    return True


def keep(document: Document, status: str) -> None:
    """Put a new document, or a draft saved again, in the status it is kept in."""
    document.status, document.status_at = status, now()


def take(document: Document, step: Step[Any], actor: Actor, given: Given) -> None:
    """Write the step on the row and tell it. The caller saves the row."""
    at = now()
    before = document.status or None
    change = None
    if step.to is not None:
        reason = step.reason or given.reason
        document.status = step.to
        document.status_at = at
        document.reason = reason
        document.status_comment = given.comment
        change = Change(before, step.to, reason, given.comment)
    document.entered(step, given, at)
    tell(document, step.event or f"{document.kind}.status_changed", actor, step.by, change)


def settle(document: Document) -> None:
    """Take what the platform takes at once, then set the date of the clock's next step."""
    while step := document.lifecycle.automatic(document.status, document.facts()):
        take(document, step, SYSTEM, Given())
    timed = _timed(document)
    document.deadline_at = timed[1] if timed else None


def _timed(document: Document) -> tuple[Step[Any], datetime] | None:
    return document.lifecycle.timed(document.status, document.facts(), document.status_at)


def tell(
    document: Document, kind: str, actor: Actor, party: Party, change: Change | None = None
) -> None:
    """Record a fact about the document for those who see it, and keep it among the recent ones."""
    event = events.record(
        kind,
        document,
        actor,
        audience=document.audience(),
        change=change,
        party=party.value,
        on_behalf_of=document.parties().get(party),
        data=document.card(),
    )
    if change is not None:
        row = {
            "id": event.id,
            "at": instant_text(event.occurred_at),
            "from": change.frm,
            "to": str(change.to),
            "reason": change.reason,
            "party": party.value,
        }
        document.recent_changes = [*document.recent_changes, row][-RECENT:]


def _step(document: Document, action: str, actor: Actor, path: tuple[str, ...]) -> Step[Any]:
    """The row of the table that the action takes here."""
    found = document.lifecycle.rows(action, document.status)
    rows = tuple(r for r in found if r.by is not Party.SYSTEM)
    if found and not rows:
        raise WrongStatus(problem("BDR-LIF-024", path, action=action))
    if not rows:
        raise WrongStatus(problem("BDR-LIF-001", path, action=action, status=document.status))
    places, needs = document.places(), document.lifecycle.needs
    mine = [r for r in rows if any(actor.may(needs[r.by], at) for at in places.get(r.by, ()))]
    if not mine:
        raise Forbidden(problem("BDR-LIF-002", path, action=action, party=rows[0].by.value))
    for row in mine:
        if row.allowed(document.facts()):
            return row
    assert mine[0].only_if is not None
    raise WrongStatus(problem(mine[0].only_if.rule, path, action=action))


def _check_needs(document: Document, step: Step[Any], given: Given, path: tuple[str, ...]) -> None:
    blocked = document.blocked_reasons
    problems = [*_reason_problems(step, given, blocked, path), *_need_problems(step, given, path)]
    if given.comment:
        at = (*path, "comment")
        problems += text_problems(given.comment, at, COMMENT_MAX, paragraphs=True)
    if given.payment_order_number:
        at = (*path, "paymentOrderNumber")
        problems += text_problems(given.payment_order_number, at, PAYMENT_ORDER_MAX)
    if problems:
        raise Invalid(*problems)


def _reason_problems(
    step: Step[Any], given: Given, blocked: Mapping[str, str], path: tuple[str, ...]
) -> Iterator[Problem]:
    at = (*path, "reason")
    if step.needs is not Need.REASON:
        if given.reason:
            yield problem("BDR-LIF-006", at, action=step.action)
    elif not given.reason:
        yield problem("BDR-LIF-003", at)
    elif given.reason in blocked:
        yield problem(blocked[given.reason], at, reason=given.reason)
    elif step.to is None or given.reason not in reasons_for(InvoiceStatus(step.to)):
        yield problem("BDR-LIF-004", at, reason=given.reason, status=step.to)
    elif REASONS[Reason(given.reason)].needs_comment and not _said(given.comment):
        yield problem("BDR-LIF-005", (*path, "comment"), reason=given.reason)


def _need_problems(step: Step[Any], given: Given, path: tuple[str, ...]) -> Iterator[Problem]:
    if step.needs is Need.COMMENT and not _said(given.comment):
        yield problem("BDR-LIF-023", (*path, "comment"), action=step.action)
    if step.needs is Need.PIECE_OR_COMMENT and not _said(given.comment):
        yield problem("BDR-LIF-007", (*path, "comment"))
    if step.needs is Need.ROUTING and given.routing is None:
        yield problem("BDR-LIF-008", (*path, "routing"))
    if step.needs is Need.VALIDATOR and given.validator is None:
        yield problem("BDR-LIF-009", (*path, "validator"))


def _said(comment: str | None) -> bool:
    return bool(comment and comment.strip())
