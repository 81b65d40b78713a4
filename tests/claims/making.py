"""Memos and refund requests for tests, made by the product's own actions: right by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from domain.access import Actor, Level, Role, Space, grants_of
from domain.claims.actions import Claims
from domain.claims.circuit import ClaimAction as A
from domain.claims.draft import ClaimDraft
from domain.claims.models import Claim
from domain.clock import today
from domain.documents import Given
from domain.lifecycle import Party
from domain.memos.actions import MEMOS
from domain.memos.draft import MemoDraft, MemoLine, MissionKind
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds.actions import REFUNDS
from domain.refunds.draft import EnergyProduct, RefundDraft, RefundLine, TaxFamily
from domain.structures.models import Service, Structure
from domain.structures.spaces import open_space
from tests.make import a_public_structure, a_service, a_supplier, an_actor

_numbers = count(1)


@dataclass(frozen=True)
class Sides:
    """Who claims, of whom, and through which of its services it is validated and paid."""

    supplier: Structure
    recipient: Structure
    validating: Service
    paying: Service

    def of(self, party: Party) -> Structure:
        """The structure that plays the part."""
        return self.supplier if party is Party.SUPPLIER else self.recipient

    def actor(self, party: Party) -> Actor:
        """A manager of the structure that plays the part."""
        return an_actor(self.of(party))


async def sides(
    space: Space,
    *,
    supplier: Structure | None = None,
    recipient: Structure | None = None,
) -> Sides:
    """A depositor and a recipient that have opened the space."""
    supplier = supplier or await a_supplier()
    recipient = recipient or await a_public_structure()
    for structure in (supplier, recipient):
        await open_space(an_actor(structure), structure.id, space)
    validating, paying = await a_service(recipient), await a_service(recipient)
    if space is Space.DEMANDES_DE_REMBOURSEMENT:
        paying = validating
    return Sides(supplier, recipient, validating, paying)


def a_memo_draft(who: Sides, **changes: Any) -> MemoDraft:
    """Six hours of interpreting at 42.00, 20 %: 302.40, of a mission that ended a month ago."""
    ended = today() - timedelta(days=30)
    draft = MemoDraft(
        supplier_id=who.supplier.id,
        number=f"M{next(_numbers):06}",
        issued_on=today(),
        recipient_siret=who.recipient.identifier,
        recipient_service_code=who.paying.code,
        registry_service_code=who.validating.code,
        case_number="24/01234",
        mission=MissionKind.INTERPRETARIAT,
        ordered_on=ended - timedelta(days=10),
        mission_ended_on=ended,
        lines=(
            MemoLine(
                name="Interprétariat à l'audience",
                quantity=Decimal(6),
                unit_price=Decimal("42.00"),
                vat_rate=Decimal(20),
            ),
        ),
        total_net=Decimal("252.00"),
        total_vat=Decimal("50.40"),
        total_gross=Decimal("302.40"),
    )
    return replace(draft, **changes)


def a_refund_draft(who: Sides, **changes: Any) -> RefundDraft:
    """Two purchases of off-road diesel last year: 480.50."""
    lines = (
        RefundLine(
            product=EnergyProduct.GNR,
            invoice_number="GNR-17",
            quantity=Decimal("2400.5"),
            unit="LTR",
            amount=Decimal("300.25"),
        ),
        RefundLine(
            product=EnergyProduct.GNR,
            invoice_number="GNR-44",
            quantity=Decimal(1500),
            unit="LTR",
            amount=Decimal("180.25"),
        ),
    )
    draft = RefundDraft(
        supplier_id=who.supplier.id,
        number=f"R{next(_numbers):06}",
        issued_on=today(),
        recipient_siret=who.recipient.identifier,
        recipient_service_code=who.validating.code,
        farm_number="042001234",
        consumption_year=today().year - 1,
        family=TaxFamily.TIC,
        lines=lines,
        total_requested=Decimal("480.50"),
    )
    return replace(draft, **changes)


def draft_for(claims: Claims[Any, Any, Any], who: Sides, **changes: Any) -> ClaimDraft:
    """A draft of the kind that nothing speaks against."""
    make = a_memo_draft if claims is MEMOS else a_refund_draft
    return make(who, **changes)


# fmt: off
ROADS: Mapping[S, tuple[A, ...]] = {
    S.A_VALIDER_1:                  (),
    S.REFUSEE_1:                    (A.REFUSE,),
    S.ABANDONNEE:                   (A.WITHDRAW,),
    S.MISE_A_DISPOSITION:           (A.VALIDATE,),
    S.PRISE_EN_COMPTE_DESTINATAIRE: (A.VALIDATE, A.TAKE_INTO_ACCOUNT),
    S.MANDATEE:                     (A.VALIDATE, A.ORDER_PAYMENT),
    S.MISE_A_DISPOSITION_COMPTABLE: (A.VALIDATE, A.PASS_TO_ACCOUNTANT),
    S.COMPTABILISEE:                (A.VALIDATE, A.BOOK),
    S.MISE_EN_PAIEMENT:             (A.VALIDATE, A.PAY),
    S.SUSPENDUE:                    (A.VALIDATE, A.SUSPEND),
    S.COMPLETEE:                    (A.VALIDATE, A.SUSPEND, A.COMPLETE),
    S.REJETEE:                      (A.VALIDATE, A.REJECT),
}
# fmt: on
# The statuses in which a claim can stay: the others lead on by themselves.
RESTING = (S.BROUILLON, S.SUPPRIMEE, *ROADS)


def what_it_takes(action: A) -> Given:
    """The right inputs of an action."""
    match action:
        case A.SUSPEND:
            return Given(reason=Reason.JUSTIF_ABS.value)
        case A.REJECT:
            return Given(reason=Reason.DOUBLE_FACT.value)
        case A.REFUSE:
            return Given(reason=Reason.AUT_MOTIF_ERR_VALIDEUR.value, comment="Mission non faite.")
        case A.COMPLETE:
            return Given(comment="Le justificatif est joint au courrier du 20.")
        case _:
            return Given()


async def a_claim(
    claims: Claims[Any, Any, Any], who: Sides, status: S = S.A_VALIDER_1, **changes: Any
) -> Claim:
    """A claim that came to the status by real actions; `changes` are those of its draft."""
    draft = draft_for(claims, who, **changes)
    manager = an_actor(who.supplier)
    if status in (S.BROUILLON, S.SUPPRIMEE):
        claim: Claim = await claims.save_draft(manager, draft)
        taken: tuple[A, ...] = (A.DELETE_DRAFT,) if status is S.SUPPRIMEE else ()
    else:
        claim = (await claims.submit(manager, draft)).claim
        taken = ROADS[status]
    for action in taken:
        claim = await act(claims, who, claim, action)
    assert claim.status == status, claim.status
    return claim


async def act(
    claims: Claims[Any, Any, Any], who: Sides, claim: Claim, action: A, **given: Any
) -> Claim:
    """Take the action as the party it belongs to, with what it needs."""
    step = next(s for s in claim.lifecycle.rows(action, claim.status) if s.by is not Party.SYSTEM)
    asked = replace(what_it_takes(action), **given)
    moved: Claim = await claims.move(who.actor(step.by), claim.id, action, asked)
    return moved


def on_service(service: Service, space: Space, level: Level = Level.MODIFICATION) -> Actor:
    """A user of the structure who works in the space of one of its services alone."""
    user = an_actor(service.structure_id, role=Role.USER)
    held = grants_of(Role.USER, [(space, level)])
    return replace(user, rights={**user.rights, service.id: held})


KINDS: tuple[Claims[Any, Any, Any], ...] = (MEMOS, REFUNDS)
