"""The verbs that all claims share: save a draft, validate, submit, move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from domain import documents
from domain.access import Actor, Permission, Space
from domain.claims.circuit import ClaimAction
from domain.claims.draft import ClaimDraft
from domain.claims.known import ClaimKnown, claim_known
from domain.claims.models import Claim
from domain.claims.rules import Path, reference_problems
from domain.clock import now
from domain.db import hold
from domain.documents import Given, locked
from domain.errors import Invalid, NotFound, Problem, WrongStatus
from domain.events import check_version, transaction
from domain.ids import findable, new_id
from domain.invoices.known import id_of
from domain.invoices.receipt import receipt_number
from domain.invoices.rules import errors
from domain.lifecycle import Party, Step
from domain.money import cents
from domain.payments.acknowledging import unacknowledged
from domain.reference.statuses import InvoiceStatus as S
from domain.rules_text import problem
from domain.text import searchable

C = TypeVar("C", bound=Claim)
D = TypeVar("D", bound=ClaimDraft)
F = TypeVar("F")

_COPIED = (
    "number",
    "issued_on",
    "external_reference",
    "supplier_service_code",
    "recipient_service_code",
    "validator_service_code",
    "comment",
)
_ORDERED = frozenset({ClaimAction.ORDER_PAYMENT, ClaimAction.PAY})


@dataclass(frozen=True)
class Judged(Generic[D]):
    """A normalised draft, what is known of it, and every problem and advice."""

    draft: D
    known: ClaimKnown
    problems: Sequence[Problem]

    @property
    def advice(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "WARNING"]


@dataclass(frozen=True)
class Submitted(Generic[C]):
    """What was submitted, and the advice that goes with it."""

    claim: C
    advice: Sequence[Problem]


class Claims(ABC, Generic[C, D, F]):
    """The verbs of one kind of claim; F is what its own rules know beside what all know."""

    model: ClassVar[type[Claim]]
    drafts: ClassVar[type[ClaimDraft]]
    space: ClassVar[Space]
    permission: ClassVar[Permission]
    # How the API names one in its inputs, and the prefix of its identifiers.
    name: ClassVar[str]
    prefix: ClassVar[str]

    @abstractmethod
    async def facts_of(self, draft: D, known: ClaimKnown, own_id: str | None) -> F:
        """What the rules of this kind know of a normalised draft."""

    @abstractmethod
    def form(self, draft: D, facts: F, path: Path) -> list[Problem]:
        """Every fault of form; nothing is required."""

    @abstractmethod
    def problems(self, draft: D, facts: F, path: Path) -> list[Problem]:
        """Every reason to refuse the deposit, the form included."""

    @abstractmethod
    def fill(self, claim: C, draft: D) -> None:
        """Copy to the columns what only this kind has."""

    @abstractmethod
    async def write_lines(self, claim: C, draft: D) -> None:
        """The lines of what is submitted. A draft has none: they are in its content."""

    def held(self, draft: D) -> set[str]:
        """What else only one transaction at a time may deposit."""
        return set()

    @property
    def path(self) -> Path:
        """Where problems of a draft are."""
        return (self.name,)

    async def judge(self, actor: Actor, draft: D, *, own_id: str | None = None) -> Judged[D]:
        """Everything that would be said of the draft if it were submitted now; writes nothing.

        Raises:
            NotFound, Forbidden: the caller cannot submit for the supplier.
        """
        draft = draft.normalised()
        known = await claim_known(self.model, self.space, draft, own_id)
        at = (*self.path, "supplierId")
        if draft.supplier_id is not None:
            self._require(actor, draft.supplier_id, id_of(known.named.supplier_service), at)
        found = self.problems(draft, await self.facts_of(draft, known, own_id), self.path)
        if (replaced := known.named.given_up.get(("recipientSiret",))) is not None:
            found.append(problem("BDR-MBR-067", (*self.path, "recipientSiret"), **replaced.words()))
        if known.named.supplier is not None:
            found += await unacknowledged(self.model, known.named.supplier["id"], at)
        return Judged(draft, known, found)

    async def submit(self, actor: Actor, draft: D) -> Submitted[C]:
        """Check everything, write, tell, and give it to who validates.

        Raises:
            NotFound, Forbidden, Invalid
        """
        async with transaction():
            draft = draft.normalised()
            await self._hold(draft)
            judged = await self._accepted(actor, draft)
            claim = self._new(actor)
            self._complete(claim, judged)
            self._take_submission(claim, actor)
            await claim.save(force_create=True)
            await self.write_lines(claim, judged.draft)
        return Submitted(claim, judged.advice)

    async def save_draft(
        self,
        actor: Actor,
        draft: D,
        *,
        draft_id: str | None = None,
        expected_version: int | None = None,
    ) -> C:
        """Keep an unfinished claim; only its form is checked.

        Raises:
            NotFound, Forbidden, Invalid, WrongStatus, Conflict
        """
        draft = draft.normalised()
        at = (*self.path, "supplierId")
        async with transaction():
            if draft.supplier_id is None:
                raise Invalid(problem("BDR-INV-001", at))
            # The row first, as a deposit of the draft does: nobody waits in a circle.
            saved = None if draft_id is None else await self._draft(actor, draft_id)
            await self._hold(draft)
            known = await claim_known(self.model, self.space, draft, draft_id)
            self._require(actor, draft.supplier_id, id_of(known.named.supplier_service), at)
            found = self.form(draft, await self.facts_of(draft, known, draft_id), self.path)
            found += reference_problems(draft, known.facts, self.path)
            if refusals := errors(found):
                raise Invalid(*refusals)
            if saved is not None:
                check_version(saved, expected_version)
                if saved.supplier_id != draft.supplier_id:
                    raise Invalid(problem("BDR-INV-074", at))
            claim = saved or self._new(actor)
            self._fill(claim, draft, known)
            documents.keep(claim, S.BROUILLON)
            claim.draft = draft.as_json()
            documents.tell(claim, f"{claim.kind}.draft_saved", actor, Party.SUPPLIER)
            await claim.save(force_create=draft_id is None)
        return claim

    async def submit_draft(
        self, actor: Actor, draft_id: str, *, expected_version: int | None = None
    ) -> Submitted[C]:
        """Submit a saved draft.

        Raises:
            NotFound, Forbidden, Invalid, WrongStatus, Conflict
        """
        async with transaction():
            claim = await self._draft(actor, draft_id)
            check_version(claim, expected_version)
            self._require(actor, claim.supplier_id, claim.supplier_service_id, ("draft",))
            judged = await self._complete_draft(claim, actor)
            self._take_submission(claim, actor)
            await claim.save()
        return Submitted(claim, judged.advice)

    async def draft_of(self, actor: Actor, draft_id: str) -> D:
        """The content of a saved draft.

        Raises:
            NotFound
        """
        claim = await self.model.filter(id=findable(draft_id)).first()
        if claim is None or not claim.visible_to(actor) or claim.draft is None:
            raise NotFound(problem("BDR-REQ-001", ("draft",)))
        return self._read(claim.draft)

    async def move(self, actor: Actor, identifier: str, action: ClaimAction, given: Given) -> C:
        """Take one action of the life cycle.

        Raises:
            NotFound, Forbidden, WrongStatus, Invalid, Conflict
        """
        if given.payment_order_number is not None and action not in _ORDERED:
            raise Invalid(problem("BDR-LIF-020", ("paymentOrderNumber",), action=action))
        prepare = {ClaimAction.SUBMIT.value: self._prepare_submit}
        moved: Any = await documents.move(
            self.model, identifier, action, actor, given, prepare=prepare
        )
        return moved  # type: ignore[no-any-return]  # of the model, which is C

    async def _prepare_submit(self, claim: C, step: Step[Any], given: Given, actor: Actor) -> None:
        await self._complete_draft(claim, actor)

    async def _complete_draft(self, claim: C, actor: Actor) -> Judged[D]:
        draft = self._read(claim.draft or {})
        await self._hold(draft)
        judged = await self._accepted(actor, draft, own_id=claim.id)
        self._complete(claim, judged)
        await self.write_lines(claim, judged.draft)
        return judged

    async def _accepted(self, actor: Actor, draft: D, *, own_id: str | None = None) -> Judged[D]:
        judged = await self.judge(actor, draft, own_id=own_id)
        if refusals := errors(judged.problems):
            raise Invalid(*refusals)
        return judged

    def _complete(self, claim: C, judged: Judged[D]) -> None:
        at = now()
        self._fill(claim, judged.draft, judged.known)
        claim.deposited_at = at
        claim.receipt_number = receipt_number(claim.id, at)
        claim.receipt_sha256 = judged.draft.fingerprint()
        claim.draft = None

    def _take_submission(self, claim: C, actor: Actor) -> None:
        (step,) = claim.lifecycle.rows(ClaimAction.SUBMIT, S.BROUILLON)
        documents.take(claim, step, actor, Given())
        documents.settle(claim)

    def _new(self, actor: Actor) -> C:
        made: Any = self.model(
            id=new_id(self.prefix),
            created_at=now(),
            created_by=actor.id,
            status="",
            recent_changes=[],
        )
        return made  # type: ignore[no-any-return]  # of the model, which is C

    def _read(self, values: Mapping[str, Any]) -> D:
        draft: Any = self.drafts.from_json(values)
        return draft  # type: ignore[no-any-return]  # of the drafts, which are D

    def _fill(self, claim: C, draft: D, known: ClaimKnown) -> None:
        """Copy the draft to the columns, with what was found of the structures it names."""
        named = known.named
        assert named.supplier is not None
        for column in _COPIED:
            setattr(claim, column, getattr(draft, column))
        claim.amount_cents = None if draft.amount is None else cents(draft.amount)
        claim.supplier_id = named.supplier["id"]
        claim.supplier_name = named.supplier["name"]
        claim.supplier_identifier = named.supplier["identifier"]
        claim.supplier_service_id = id_of(named.supplier_service)
        claim.bank_account_id = draft.bank_account_id if named.facts.has_bank_account else None
        _address(claim, known)
        self.fill(claim, draft)

    async def _draft(self, actor: Actor, identifier: str) -> C:
        claim: Any = await locked(self.model, identifier, actor, ("draft",))
        if claim.status != S.BROUILLON:
            raise WrongStatus(
                problem("BDR-LIF-001", ("draft",), action="SUBMIT", status=claim.status)
            )
        return claim  # type: ignore[no-any-return]  # of the model, which is C

    async def _hold(self, draft: D) -> None:
        """One at a time for the same number and reference."""
        named = {
            f"{self.name} {what} {draft.supplier_id} {text}"
            for what in ("number", "external_reference")
            if (text := searchable(getattr(draft, what)))
        }
        await hold(*sorted(named | self.held(draft)))

    def _require(self, actor: Actor, structure_id: str, service_id: str | None, path: Path) -> None:
        """Refuse unless the actor may submit for the structure, or for the service named."""
        if service_id is None or not actor.may(self.permission, service_id):
            actor.require(self.permission, on=structure_id, path=path)


def _address(claim: Claim, known: ClaimKnown) -> None:
    """Name the recipient and who validates in it, and keep how it reports payment today."""
    recipient, service = known.named.recipient, known.named.recipient_service
    claim.recipient_service_id = id_of(service)
    claim.validator_service_id = id_of(known.named.validator_1_service)
    if recipient is None:
        claim.recipient_id = claim.recipient_name = claim.recipient_identifier = None
        return
    claim.recipient_id = recipient["id"]
    claim.recipient_name = recipient["name"]
    claim.recipient_identifier = recipient["identifier"]
    claim.payment_days = recipient["payment_days"]
    claim.free_status_order = bool(recipient["free_status_order"])
    reported = not recipient["payment_status_not_reported"]
    claim.payment_reported = reported and (
        service is None or bool(service["payment_status_reported"])
    )
