"""Structures, their services, bank references and mandates as the API shows and takes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.access import Actor, Permission
from domain.connections import queries as of_connections
from domain.identifiers import IdentifierType, masked
from domain.select import Select, falling
from domain.signatures import texts
from domain.signatures.texts import TextKind
from domain.structures import member_queries, search, siret_changes
from domain.structures.models import (
    BankReferenceKind,
    Nature,
    ServiceStatus,
    SizeCategory,
    StructureStatus,
)
from domain.structures.rules import PARAMETERS, obliged_from
from schema.connections import ConnectedApplication, Delegation, TechnicalAccount
from schema.context import Info
from schema.ids import Node
from schema.members import Attachment, SiretChange, StructureSpace, attachments, spaces
from schema.pages import Connection
from schema.reading import (
    SHOWN_BY_TABLE,
    ToMany,
    column,
    computed,
    connection,
    part,
    shows,
)
from schema.scalars import Bic, CountryCode, EmailAddress, Iban, Siren, Siret, VatNumber
from schema.signatures import SignatureCertificate, TextToSign, certificate_shown


def _identifier(row: Any, viewer: Actor) -> str:
    """A private person is recognised by its members only."""
    if viewer.may(Permission.READ_STRUCTURE, row.id):
        return str(row.identifier)
    return masked(row.identifier_type, row.identifier)


def _siret(row: Any) -> Siret | None:
    return Siret(row.identifier) if row.identifier_type == IdentifierType.SIRET else None


def _email(row: Any, viewer: Actor) -> EmailAddress | None:
    return row.email if viewer.may(Permission.READ_STRUCTURE, row.id) else None


def _phone(row: Any, viewer: Actor) -> str | None:
    return row.phone if viewer.may(Permission.READ_STRUCTURE, row.id) else None


def _obliged_from(row: Any) -> date | None:
    size = SizeCategory(row.size_category) if row.size_category else None
    return obliged_from(Nature(row.nature), size)


if TYPE_CHECKING:
    from schema.events import Event

# Events show structures, and structures their history.
LazyEvent = Annotated["Event", strawberry.lazy("schema.events")]

_SAYS = {p.name: f"{p.fr}. {p.en}" for p in PARAMETERS}


@shows(
    description="Paramètres. What a public structure asks of the invoices that it receives. A"
    " commitment or a service may be asked by the structure, or by one of its services."
)
class StructureParameters:
    service_required: bool = column(description=_SAYS["service_required"])
    commitment_required: bool = column(description=_SAYS["commitment_required"])
    commitment_or_service_required: bool = column(
        description=_SAYS["commitment_or_service_required"]
    )
    commitment_format: str | None = column(description=_SAYS["commitment_format"])
    payment_status_not_reported: bool = column(description=_SAYS["payment_status_not_reported"])
    is_moa: bool = column(description=_SAYS["is_moa"])
    is_moa_only: bool = column(description=_SAYS["is_moa_only"])
    is_delegated_validator: bool = column(description=_SAYS["is_delegated_validator"])
    state_recipient: bool = column(description=_SAYS["state_recipient"])
    emits_edi: bool = column(description=_SAYS["emits_edi"])
    receives_edi: bool = column(description=_SAYS["receives_edi"])
    insee_undisclosed: bool = column(description=_SAYS["insee_undisclosed"])
    payment_days: int = column(description="Délai de paiement. In days; 30 unless the law says so.")
    free_status_order: bool = column(description=_SAYS["free_status_order"])
    follow_seed_public_service: bool = column(description=_SAYS["follow_seed_public_service"])


@shows(
    "service",
    prefix="svc",
    seen=search.services_seen,
    description="Service. An address inside a structure.",
)
class Service(Node):
    code: str = column(description="Code service. Unique in its structure (BT-46, scheme 0224).")
    name: str = column(description="Libellé. Its name.")
    commitment_required: bool = column(
        description="Engagement obligatoire pour ce service. Whatever the structure asks."
    )
    payment_status_reported: bool = column(
        description="Mise en paiement remontée. Whether this service reports payment."
    )
    status: ServiceStatus = column(description="État. Only an active service may be billed.")
    valid_from: date | None = column(description="Début de validité. Included.")
    valid_until: date | None = column(description="Fin de validité. Included.")
    is_system: bool = column(description="Service système. Made by the portal; cannot be changed.")


@shows(
    "bank_account",
    prefix="bnk",
    seen=search.bank_accounts,
    description="Références bancaires. A bank account on file.",
)
class BankAccount(Node):
    reference_kind: BankReferenceKind = column(description="Type. As it was given.")
    iban: Iban = column(description="IBAN. Without spaces (BT-84).")
    bic: Bic | None = column(description="BIC (BT-86).")
    holder: str = column(description="Titulaire. The holder of the account (BT-85).")
    is_factor: bool = column(description="Affactureur. Whether a factor is paid.")
    factor_name: str | None = column(description="Nom de l'affactureur.")
    removed_at: datetime | None = column(description="Retirées le. Null while on file.")


def _is_in_force(row: Any) -> bool:
    ended = row.revoked_at is not None or row.replaced_at is not None
    return not ended and row.version in texts.accepted(TextKind.MANDATE)


@shows(
    "mandate",
    prefix="mdt",
    seen=search.mandates,
    description="Mandat de facturation. One signature of its text.",
)
class Mandate(Node):
    version: str = column(description="Version. Of the text that was signed.")
    text_hash: str = column(description="Empreinte. SHA-256 of the text that was signed.")
    signed_at: datetime = column(description="Signé le.")
    revoked_at: datetime | None = column(description="Révoqué le. Null unless it was revoked.")
    revocation_reason: str | None = column(description="Motif de révocation. As it was given.")
    replaced_at: datetime | None = column(
        description="Remplacé le. When a later version was signed in its place."
    )
    is_in_force: bool = computed(
        _is_in_force,
        needs=("version", "revoked_at", "replaced_at"),
        description="En vigueur. Whether it lets the structure deposit: neither revoked nor"
        " replaced, and in words that still suffice.",
    )

    @strawberry.field(
        description="Certificat. What proves the signature; null for mandates signed before"
        " certificates were made."
    )
    async def certificate(self, info: Info) -> SignatureCertificate | None:
        row: Any = self
        return await certificate_shown(info, row.signature_id)


# The last mandate of each structure.
_LAST = ToMany("structure_id", (falling("signed_at"), falling("id")), limit=1)


async def _mandate_to_sign(root: Any, info: Info) -> TextToSign | None:
    """The present version, unless it is signed; members alone know."""
    if not info.context.actor.may(Permission.READ_STRUCTURE, root.id):
        return None
    text = texts.present(TextKind.MANDATE)
    last = await info.context.load.many(SHOWN_BY_TABLE["mandate"], _LAST, root.id)
    signed = {row.version for row in last if row.revoked_at is None}
    if text.version in signed:
        return None
    return TextToSign(words=text, is_required=not signed & texts.accepted(TextKind.MANDATE))


def _services(
    viewer: Actor,
    status: Annotated[
        ServiceStatus | None,
        strawberry.argument(description="État. The active ones when not given."),
    ] = None,
) -> Select:
    return search.services(viewer, status or ServiceStatus.ACTIVE)


def _connections(viewer: Actor) -> Select:
    return of_connections.connections(viewer)


def _technical_accounts(viewer: Actor) -> Select:
    return of_connections.technical_accounts(viewer)


def _delegations(viewer: Actor) -> Select:
    return of_connections.delegations(viewer)


@shows(
    "structure",
    prefix="str",
    seen=search.seen,
    description="Structure. A legal entity that issues or receives invoices. Public ones are in"
    " the directory, open to all; private ones are seen by their members and counterparties.",
)
class Structure(Node):
    identifier_type: IdentifierType = column(description="Type d'identifiant.")
    identifier: str = computed(
        _identifier,
        needs=("id", "identifier_type", "identifier"),
        description="Identifiant. A SIRET for every public structure; that of a private person"
        " (PARTICULIER) is masked for others.",
    )
    siret: Siret | None = computed(
        _siret,
        needs=("identifier_type", "identifier"),
        description="SIRET. The establishment (scheme 0009); null for other identifiers.",
    )
    siren: Siren | None = column(description="SIREN. The legal entity (BT-30, scheme 0002).")
    name: str = column(description="Raison sociale. As it stands in the directory.")
    nature: Nature = column(description="Nature. Public or private.")
    category: str | None = column(description="Catégorie. Such as COMMUNE or ETAT.")
    status: StructureStatus = column(description="Statut. Deposits need active structures.")
    address: str | None = column(description="Adresse.")
    postal_code: str | None = column(description="Code postal.")
    town: str | None = column(description="Commune.")
    insee_code: str | None = column(description="Code INSEE de la commune.")
    department: str | None = column(description="Département. Such as 42, 2A or 974.")
    country: CountryCode = column(description="Pays. ISO 3166-1.")
    vat_number: VatNumber | None = column(description="Numéro de TVA (BT-31).")
    size_category: SizeCategory | None = column(description="Catégorie de taille.")
    obliged_from: date | None = computed(
        _obliged_from,
        needs=("nature", "size_category"),
        description="Obligation depuis. When electronic invoices became mandatory for it"
        " (ordonnance n° 2014-697): 2017 to 2020 according to its size.",
    )
    email: EmailAddress | None = computed(
        _email, needs=("id", "email"), description="Courriel. For members only."
    )
    phone: str | None = computed(
        _phone, needs=("id", "phone"), description="Téléphone. For members only."
    )
    version: int = column(
        "event_count", description="Version. Pass it as `expectedVersion` to detect a change."
    )
    parameters: StructureParameters = part(description="Paramètres. What it asks at deposit.")
    services: Connection[Service] = connection(
        "structure_id", _services, description="Services. The addresses inside the structure."
    )
    bank_accounts: Connection[BankAccount] = connection(
        "structure_id", search.bank_accounts, description="Références bancaires. For members only."
    )
    mandates: Connection[Mandate] = connection(
        "structure_id", search.mandates, description="Mandats de facturation. For members only."
    )
    mandate_to_sign: TextToSign | None = strawberry.field(
        resolver=_mandate_to_sign,
        description="Mandat à signer. The present version of the invoicing mandate when it is not"
        " signed; sign it by `mandateSign`. For members only.",
    )
    attachments: Connection[Attachment] = connection(
        "structure_id",
        attachments,
        description="Utilisateurs. Its members and those who ask to be, for its managers; your own"
        " attachment for yourself.",
    )
    spaces: Connection[StructureSpace] = connection(
        "structure_id",
        spaces,
        description="Espaces. Those opened or closed on it and on its services, for members only."
        " None before it has a member.",
    )
    siret_changes: Connection[SiretChange] = connection(
        "structure_id",
        siret_changes.seen,
        description="Changements de SIRET. Declared, confirmed and refused, for its managers.",
    )
    history: Connection[LazyEvent] = connection(
        "on_behalf_of",
        member_queries.history,
        description="Historique des actions. Who did what when, the latest first, for those who may"
        " read its members: the structure itself, its services, members, spaces, mandates and"
        " connections. The life of an invoice is in its own `history`.",
    )
    connected_applications: Connection[ConnectedApplication] = connection(
        "structure_id",
        _connections,
        description="Raccordements. Its applications; for those who manage them.",
    )
    technical_accounts: Connection[TechnicalAccount] = connection(
        "structure_id",
        _technical_accounts,
        description="Comptes techniques. For those who manage them.",
    )
    delegations: Connection[Delegation] = connection(
        "structure_id",
        _delegations,
        description="Délégations accordées. Who acts for it; for those who manage them.",
    )
