"""Memos and refund requests of the demonstration: a translator, a farm, and fictional services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.access import Actor, Space
from domain.claims.actions import Claims
from domain.claims.circuit import ClaimAction as A
from domain.claims.draft import ClaimDraft
from domain.clock import today
from domain.documents import Given
from domain.memos.actions import MEMOS
from domain.memos.draft import MemoDraft, MemoLine, MissionKind
from domain.refunds.actions import REFUNDS
from domain.refunds.draft import EnergyProduct, RefundDraft, RefundLine, TaxFamily
from domain.structures import actions
from domain.structures.models import Structure
from domain.structures.rules import ServiceDraft
from domain.structures.spaces import open_space

REGISTRY = ServiceDraft("GREFFE-FICTIF-042", "Greffe du tribunal judiciaire (service fictif)")
TAX_OFFICE = ServiceDraft("SIE-FICTIF-042", "Service des impôts des entreprises (service fictif)")
_SPACES = (Space.MEMOIRES_DE_FRAIS, Space.DEMANDES_DE_REMBOURSEMENT)
# What became of each of them, one after another.
_MEMOS = ((A.VALIDATE, A.TAKE_INTO_ACCOUNT, A.PAY), (A.VALIDATE,), ())
_REFUNDS = ((A.VALIDATE, A.ORDER_PAYMENT), ())


async def tell(
    depositor: Actor, official: Actor, *, translator: Structure, farm: Structure, state: Structure
) -> None:
    """Open the spaces and the services, and let a few claims live. Joins the open transaction."""
    for service in (REGISTRY, TAX_OFFICE):
        await actions.create_service(official, state.id, service)
    for space in _SPACES:
        await open_space(official, state.id, space)
    await open_space(depositor, translator.id, Space.MEMOIRES_DE_FRAIS)
    await open_space(depositor, farm.id, Space.DEMANDES_DE_REMBOURSEMENT)
    for n, moves in enumerate(_MEMOS, start=1):
        draft = _memo(n, translator, state)
        await _live(MEMOS, depositor, official, draft, moves)
    for n, moves in enumerate(_REFUNDS, start=1):
        await _live(REFUNDS, depositor, official, _refund(n, farm, state), moves)


async def _live(
    claims: Claims[Any, Any, Any],
    depositor: Actor,
    official: Actor,
    draft: ClaimDraft,
    moves: tuple[A, ...],
) -> None:
    submitted = await claims.submit(depositor, draft)
    for action in moves:
        await claims.move(official, submitted.claim.id, action, Given())


def _memo(n: int, translator: Structure, court: Structure) -> MemoDraft:
    ended = today() - timedelta(days=20 * n)
    hours = Decimal(3 + n)
    net, vat = hours * Decimal("42.00"), hours * Decimal("8.40")
    return MemoDraft(
        supplier_id=translator.id,
        number=f"MEM-{n:04}",
        issued_on=today(),
        recipient_siret=court.identifier,
        recipient_service_code=REGISTRY.code,
        registry_service_code=REGISTRY.code,
        case_number=f"24/{1200 + n:05}",
        mission=MissionKind.INTERPRETARIAT,
        ordered_on=ended - timedelta(days=5),
        mission_ended_on=ended,
        lines=(
            MemoLine(
                name="Interprétariat à l'audience, en heures",
                quantity=hours,
                unit_price=Decimal("42.00"),
                vat_rate=Decimal(20),
            ),
        ),
        total_net=net,
        total_vat=vat,
        total_gross=net + vat,
    )


def _refund(n: int, farm: Structure, office: Structure) -> RefundDraft:
    line = RefundLine(
        product=EnergyProduct.GNR,
        invoice_number=f"GNR-{40 + n}",
        quantity=Decimal(2000 + 150 * n),
        unit="LTR",
        amount=Decimal(250 + 10 * n),
    )
    return RefundDraft(
        supplier_id=farm.id,
        number=f"TIC-{n:04}",
        issued_on=today(),
        recipient_siret=office.identifier,
        recipient_service_code=TAX_OFFICE.code,
        farm_number="042001234",
        consumption_year=today().year - 3 + n,
        family=TaxFamily.TIC,
        lines=(line,),
        total_requested=line.amount,
    )
