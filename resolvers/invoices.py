"""Invoices: read them, deposit them, act on them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import READ_INVOICES, Actor, Permission
from domain.invoices import actions, queries
from domain.invoices.models import Invoice as InvoiceRow
from domain.invoices.queries import InvoiceCriteria, InvoiceOrder
from domain.select import Select, equals
from resolvers import drafts
from resolvers.fields import Done, mutation, query_one, query_page
from schema.context import Info
from schema.invoice_inputs import (
    InvoiceDraftSaveInput,
    InvoiceFilter,
    InvoiceMoveInput,
    InvoiceSubmitInput,
    InvoiceValidateInput,
)
from schema.invoices import Invoice
from schema.pages import Connection

# What a supplier, a recipient and a validator may do; the action checks which of them acts.
ACT = (Permission.ISSUE, Permission.PROCESS, Permission.VALIDATE)


@strawberry.input(description="Numéro de facture chez son fournisseur.")
class InvoiceNumberRef:
    supplier_id: strawberry.ID = strawberry.field(description="Fournisseur.")
    number: str = strawberry.field(description="Numéro.")


@strawberry.input(description="Référence externe chez son fournisseur.")
class ExternalRef:
    supplier_id: strawberry.ID = strawberry.field(description="Fournisseur.")
    reference: str = strawberry.field(description="Référence.")


@strawberry.input(one_of=True, description="Désignation d'une facture. Exactly one way to name it.")
class InvoiceRef:
    id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Identifiant. Ours.")
    number: strawberry.Maybe[InvoiceNumberRef] = strawberry.field(
        description="Numéro. The supplier's, with the supplier."
    )
    external_reference: strawberry.Maybe[ExternalRef] = strawberry.field(
        description="Référence externe. The supplier's own key, with the supplier."
    )


def _invoices(
    viewer: Actor,
    filter: Annotated[
        InvoiceFilter | None, strawberry.argument(description="Filtre. Only these invoices.")
    ] = None,
    order: Annotated[
        InvoiceOrder, strawberry.argument(description="Ordre. Newest first by default.")
    ] = InvoiceOrder.NEWEST_FIRST,
) -> Select | None:
    criteria = filter.criteria() if filter else InvoiceCriteria()
    return queries.listed(viewer, criteria, order)


def _invoice(
    viewer: Actor,
    by: Annotated[InvoiceRef, strawberry.argument(description="Désignation. Which invoice.")],
) -> Select | None:
    seen = queries.seen(viewer)
    if seen is None:
        return None
    if by.id is not None:
        return seen.where(equals("id", by.id.value))
    if by.number is not None:
        named = by.number.value
        return _of_supplier(seen, named.supplier_id, "number", named.number)
    assert by.external_reference is not None
    named_outside = by.external_reference.value
    return _of_supplier(
        seen, named_outside.supplier_id, "external_reference", named_outside.reference
    )


def _of_supplier(seen: Select, supplier_id: str, column: str, value: str) -> Select:
    return seen.where(equals("supplier_id", supplier_id), equals(column, value))


@strawberry.type
class InvoiceQuery:
    invoices: Connection[Invoice] = query_page(
        _invoices,
        *READ_INVOICES,
        description="Factures. The invoices of your structures, issued, received or to validate.",
    )
    invoice: Invoice | None = query_one(
        _invoice,
        *READ_INVOICES,
        description="Facture. One invoice; null when there is none that you may see.",
    )


@strawberry.type
class InvoiceMutation:
    @mutation(
        Permission.ISSUE,
        description="Enregistrer un brouillon. Keep an unfinished invoice; nothing is sent.",
        shows=("invoice", Invoice),
        model=InvoiceRow,
    )
    async def invoice_draft_save(self, info: Info, input: InvoiceDraftSaveInput) -> InvoiceRow:
        return await actions.save_draft(
            info.context.actor,
            input.invoice.draft(),
            draft_id=input.draft,
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.ISSUE,
        description="Contrôler une facture. Answers exactly what `invoiceSubmit` would refuse or"
        " advise, and writes nothing; `invoice` stays null.",
        shows=("invoice", Invoice),
        writes=False,
    )
    async def invoice_validate(self, info: Info, input: InvoiceValidateInput) -> Done:
        return await drafts.judged(
            actions, info.context.actor, input.invoice, input.draft, "invoice"
        )

    @mutation(
        Permission.ISSUE,
        description="Déposer une facture ou un avoir. Checked, numbered, routed and told at once.",
        shows=("invoice", Invoice),
        model=InvoiceRow,
    )
    async def invoice_submit(self, info: Info, input: InvoiceSubmitInput) -> Done:
        done = await drafts.deposited(
            actions,
            info.context.actor,
            input.invoice,
            input.draft,
            "invoice",
            expected_version=input.expected_version,
        )
        return Done(done.invoice, done.advice)

    @mutation(
        *ACT,
        description="Agir sur une facture. One action of its life cycle, by the party it belongs"
        " to: suspend, complete, reject, pay, validate…",
        shows=("invoice", Invoice),
        model=InvoiceRow,
    )
    async def invoice_move(self, info: Info, input: InvoiceMoveInput) -> InvoiceRow:
        return await actions.move(info.context.actor, input.id, input.action, input.given())
