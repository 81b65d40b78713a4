"""Structures: find them, create them, and keep their services, bank references and mandates."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain import identifiers
from domain.access import Actor, Permission
from domain.select import Select, equals
from domain.signatures import texts
from domain.signatures.texts import TextKind
from domain.structures import actions, search
from domain.structures.models import BankAccount as BankAccountRow
from domain.structures.models import Mandate as MandateRow
from domain.structures.models import Service as ServiceRow
from domain.structures.models import Structure as StructureRow
from resolvers.fields import mutation, query, query_one, query_page
from schema.context import Info
from schema.pages import Connection
from schema.signatures import MandateText
from schema.structure_inputs import (
    BankAccountAddInput,
    BankAccountRemoveInput,
    MandateRevokeInput,
    MandateSignInput,
    ServiceCreateInput,
    ServiceUpdateInput,
    StructureCreateInput,
    StructureFilter,
    StructureRef,
    StructureUpdateInput,
)
from schema.structures import BankAccount, Mandate, Service, Structure

# Anyone identified creates a structure; an administrator also creates public ones.
CREATE = (Permission.OWN_ACCOUNT, Permission.MANAGE_STRUCTURE)


async def _structures(
    viewer: Actor,
    search_: Annotated[
        str | None,
        strawberry.argument(
            name="search",
            description="Recherche. A name, or part of its words in any order: accents, ligatures,"
            " apostrophes, hyphens and typing errors are forgiven. A postal code or a department"
            " narrows it (`saint etienne 42`); more than five digits are the beginning of a SIRET.",
        ),
    ] = None,
    filter: Annotated[
        StructureFilter | None, strawberry.argument(description="Filtre. Only these structures.")
    ] = None,
) -> Select | None:
    return await search.directory(viewer, (filter or StructureFilter()).search(search_))


def _structure(
    viewer: Actor,
    by: Annotated[StructureRef, strawberry.argument(description="Désignation. Which structure.")],
) -> Select | None:
    seen = search.seen(viewer)
    if by.id is not None:
        return seen.where(equals("id", by.id.value))
    if by.siret is not None:
        kind, text = identifiers.IdentifierType.SIRET, by.siret.value
    else:
        assert by.identifier is not None
        kind, text = by.identifier.value.type, by.identifier.value.value
    wanted = identifiers.normal(kind, text[: search.LONGEST_TEXT])
    if kind == identifiers.IdentifierType.SIRET:
        return seen.where(search.with_siret(wanted))
    return seen.where(equals("identifier_type", kind), equals("identifier", wanted))


@strawberry.type
class StructureQuery:
    structures: Connection[Structure] = query_page(
        _structures,
        description="Annuaire. The public structures, open to all, and your own; the best match"
        " first, else the most populated.",
    )
    structure: Structure | None = query_one(
        _structure,
        description="Structure. One structure; null when there is none that you may see.",
    )

    @query(description="Mandat de facturation. The text to sign now.")
    def mandate_text(self) -> MandateText:
        return MandateText(words=texts.present(TextKind.MANDATE))


@strawberry.type
class StructureMutation:
    @mutation(
        *CREATE,
        description="Créer une structure. You become its main manager. A private structure becomes"
        " active when its mandate is signed; only an administrator creates a public one.",
        shows=("structure", Structure),
        model=StructureRow,
    )
    async def structure_create(self, info: Info, input: StructureCreateInput) -> StructureRow:
        return await actions.create_structure(info.context.actor, input.draft())

    @mutation(
        Permission.MANAGE_STRUCTURE,
        description="Modifier une structure. Only the fields given change.",
        shows=("structure", Structure),
        model=StructureRow,
    )
    async def structure_update(self, info: Info, input: StructureUpdateInput) -> StructureRow:
        return await actions.update_structure(
            info.context.actor,
            input.id,
            input.changes(),
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.MANAGE_STRUCTURE,
        description="Ouvrir un service. An address inside the structure.",
        shows=("service", Service),
        model=ServiceRow,
    )
    async def service_create(self, info: Info, input: ServiceCreateInput) -> ServiceRow:
        return await actions.create_service(
            info.context.actor,
            input.structure_id,
            input.draft(),
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.MANAGE_STRUCTURE,
        description="Modifier un service. Only the fields given change; its status closes it.",
        shows=("service", Service),
        model=ServiceRow,
    )
    async def service_update(self, info: Info, input: ServiceUpdateInput) -> ServiceRow:
        return await actions.update_service(
            info.context.actor,
            input.id,
            input.changes(),
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.MANAGE_STRUCTURE,
        description="Ajouter des coordonnées bancaires. By an IBAN, or a French RIB.",
        shows=("bankAccount", BankAccount),
        model=BankAccountRow,
    )
    async def bank_account_add(self, info: Info, input: BankAccountAddInput) -> BankAccountRow:
        return await actions.add_bank_account(
            info.context.actor,
            input.structure_id,
            input.draft(),
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.MANAGE_STRUCTURE,
        description="Retirer des coordonnées bancaires. Invoices that name them keep showing them.",
        shows=("bankAccount", BankAccount),
        model=BankAccountRow,
    )
    async def bank_account_remove(
        self, info: Info, input: BankAccountRemoveInput
    ) -> BankAccountRow:
        return await actions.remove_bank_account(
            info.context.actor, input.id, expected_version=input.expected_version
        )

    @mutation(
        Permission.SIGN_MANDATE,
        description="Signer le mandat de facturation. By a person, once it has read `mandateText`:"
        " the portal may then draw up the typed invoices of the structure, which becomes active. A"
        " later version takes the place of the one in force. The evidence is kept; see"
        " `certificate`.",
        shows=("mandate", Mandate),
        model=MandateRow,
    )
    async def mandate_sign(self, info: Info, input: MandateSignInput) -> MandateRow:
        return await actions.sign_mandate(
            info.context.actor,
            input.structure_id,
            input.version,
            input.text_sha256,
            origin=info.context.origin,
        )

    @mutation(
        Permission.SIGN_MANDATE,
        description="Révoquer le mandat de facturation. For the future only: nothing is deposited"
        " any more, what was deposited goes on.",
        shows=("mandate", Mandate),
        model=MandateRow,
    )
    async def mandate_revoke(self, info: Info, input: MandateRevokeInput) -> MandateRow:
        return await actions.revoke_mandate(info.context.actor, input.structure_id, input.reason)
