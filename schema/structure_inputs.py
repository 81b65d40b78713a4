"""Structures, services, bank references and mandates as the API takes them."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from domain.identifiers import IdentifierType
from domain.structures.models import Nature, ServiceStatus, SizeCategory, StructureStatus
from domain.structures.rules import (
    PARAMETERS,
    STANDARD_PAYMENT_DAYS,
    BankAccountDraft,
    ServiceDraft,
    StructureDraft,
)
from domain.structures.search import Search
from schema.invoice_inputs import KEY
from schema.scalars import Sha256

# What names the object of a mutation or frames it, and is no part of its content.
_AROUND = frozenset({"id", "structure_id", "idempotency_key", "expected_version"})

VERSION = "Version attendue. Refused with VERSION_CONFLICT when the structure changed since."


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _unchanged(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


_SAYS = {p.name: f"{p.fr}. {p.en}" for p in PARAMETERS}
_SAYS |= {
    "identifier_type": "Type d'identifiant. SIRET for French structures.",
    "identifier": "Identifiant. Spaces are ignored.",
    "name": "Raison sociale. Up to 200 characters.",
    "nature": "Nature. Only public structures receive invoices.",
    "status": "Statut. Set by an administrator of the platform.",
    "category": "Catégorie. Such as COMMUNE.",
    "address": "Adresse. Up to 400 characters.",
    "postal_code": "Code postal.",
    "town": "Commune.",
    "department": "Département. Such as 42, 2A or 974.",
    "insee_code": "Code INSEE de la commune.",
    "country": "Pays. ISO 3166-1; FR by default.",
    "vat_number": "Numéro de TVA.",
    "size_category": "Catégorie d'entreprise. It sets the date of the obligation.",
    "email": "Adresse électronique. For members only.",
    "phone": "Téléphone. For members only.",
    "payment_days": "Délai de paiement. In days, 1 to 60; 30 by default.",
    "code": "Code du service. Up to 100 characters, unique in the structure.",
    "service_name": "Libellé. Up to 200 characters.",
    "service_commitment_required": "Engagement obligatoire pour ce service.",
    "payment_status_reported": "Mise en paiement remontée pour ce service.",
    "valid_from": "Début de validité. Included.",
    "valid_until": "Fin de validité. Included.",
}


@strawberry.input(description="Identifiant officiel. A type and a value.")
class OfficialIdentifier:
    type: IdentifierType = strawberry.field(description=_SAYS["identifier_type"])
    value: str = strawberry.field(description=_SAYS["identifier"])


@strawberry.input(
    one_of=True, description="Désignation d'une structure. Exactly one way to name it."
)
class StructureRef:
    id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Identifiant. Ours.")
    siret: strawberry.Maybe[str] = strawberry.field(
        description="SIRET. 14 digits; spaces are ignored."
    )
    identifier: strawberry.Maybe[OfficialIdentifier] = strawberry.field(
        description="Identifiant officiel. Of any type."
    )


@strawberry.input(description="Filtre de structures. Everything given must hold.")
class StructureFilter:
    identifier: str | None = _optional(
        "Identifiant. The beginning of a SIRET or SIREN (or other identifier), at least 3"
        " characters; sorts by identifier."
    )
    identifier_type: IdentifierType | None = _optional(_SAYS["identifier_type"])
    postal_code: str | None = _optional("Code postal. Exactly this one.")
    town: str | None = _optional("Commune. Its name, without regard to accents or hyphens.")
    department: str | None = _optional(_SAYS["department"])
    nature: Nature | None = _optional(_SAYS["nature"])
    category: str | None = _optional(_SAYS["category"])
    status: StructureStatus | None = _optional("Statut. Others than ACTIVE show your own only.")

    def search(self, text: str | None) -> Search:
        """The same for the domain, with the text looked for."""
        return Search(text=text, **vars(self))


@strawberry.input(description="Nouvelle structure. What is not given has its default.")
class StructureCreateInput:
    identifier_type: IdentifierType = strawberry.field(description=_SAYS["identifier_type"])
    identifier: str = strawberry.field(description=_SAYS["identifier"])
    name: str = strawberry.field(description=_SAYS["name"])
    nature: Nature = strawberry.field(default=Nature.PRIVATE, description=_SAYS["nature"])
    status: StructureStatus | None = _optional(_SAYS["status"])
    category: str | None = _optional(_SAYS["category"])
    address: str | None = _optional(_SAYS["address"])
    postal_code: str | None = _optional(_SAYS["postal_code"])
    town: str | None = _optional(_SAYS["town"])
    department: str | None = _optional(_SAYS["department"])
    insee_code: str | None = _optional(_SAYS["insee_code"])
    country: str = strawberry.field(default="FR", description=_SAYS["country"])
    vat_number: str | None = _optional(_SAYS["vat_number"])
    size_category: SizeCategory | None = _optional(_SAYS["size_category"])
    email: str | None = _optional(_SAYS["email"])
    phone: str | None = _optional(_SAYS["phone"])
    service_required: bool = strawberry.field(default=False, description=_SAYS["service_required"])
    commitment_required: bool = strawberry.field(
        default=False, description=_SAYS["commitment_required"]
    )
    commitment_or_service_required: bool = strawberry.field(
        default=False, description=_SAYS["commitment_or_service_required"]
    )
    commitment_format: str | None = _optional(_SAYS["commitment_format"])
    payment_status_not_reported: bool = strawberry.field(
        default=False, description=_SAYS["payment_status_not_reported"]
    )
    is_moa: bool = strawberry.field(default=False, description=_SAYS["is_moa"])
    is_moa_only: bool = strawberry.field(default=False, description=_SAYS["is_moa_only"])
    is_delegated_validator: bool = strawberry.field(
        default=False, description=_SAYS["is_delegated_validator"]
    )
    state_recipient: bool = strawberry.field(default=False, description=_SAYS["state_recipient"])
    insee_undisclosed: bool = strawberry.field(
        default=False, description=_SAYS["insee_undisclosed"]
    )
    payment_days: int = strawberry.field(
        default=STANDARD_PAYMENT_DAYS, description=_SAYS["payment_days"]
    )
    free_status_order: bool = strawberry.field(
        default=False, description=_SAYS["free_status_order"]
    )
    follow_seed_public_service: bool = strawberry.field(
        default=False, description=_SAYS["follow_seed_public_service"]
    )
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> StructureDraft:
        """The same for the domain."""
        return StructureDraft(**_content(self))


@strawberry.input(
    description="Modification d'une structure. A field that is absent does not change; null empties"
    " it."
)
class StructureUpdateInput:
    id: strawberry.ID = strawberry.field(description="Structure. Which one.")
    identifier_type: IdentifierType | None = _unchanged(
        "Type d'identifiant. Only from EN_COURS_IMMATRICULATION to SIRET."
    )
    identifier: str | None = _unchanged("Identifiant. The SIRET, once it is given.")
    name: str | None = _unchanged(_SAYS["name"])
    status: StructureStatus | None = _unchanged(_SAYS["status"])
    category: str | None = _unchanged(_SAYS["category"])
    address: str | None = _unchanged(_SAYS["address"])
    postal_code: str | None = _unchanged(_SAYS["postal_code"])
    town: str | None = _unchanged(_SAYS["town"])
    department: str | None = _unchanged(_SAYS["department"])
    insee_code: str | None = _unchanged(_SAYS["insee_code"])
    country: str | None = _unchanged(_SAYS["country"])
    vat_number: str | None = _unchanged(_SAYS["vat_number"])
    size_category: SizeCategory | None = _unchanged(_SAYS["size_category"])
    email: str | None = _unchanged(_SAYS["email"])
    phone: str | None = _unchanged(_SAYS["phone"])
    service_required: bool | None = _unchanged(_SAYS["service_required"])
    commitment_required: bool | None = _unchanged(_SAYS["commitment_required"])
    commitment_or_service_required: bool | None = _unchanged(
        _SAYS["commitment_or_service_required"]
    )
    commitment_format: str | None = _unchanged(_SAYS["commitment_format"])
    payment_status_not_reported: bool | None = _unchanged(_SAYS["payment_status_not_reported"])
    is_moa: bool | None = _unchanged(_SAYS["is_moa"])
    is_moa_only: bool | None = _unchanged(_SAYS["is_moa_only"])
    is_delegated_validator: bool | None = _unchanged(_SAYS["is_delegated_validator"])
    state_recipient: bool | None = _unchanged(_SAYS["state_recipient"])
    insee_undisclosed: bool | None = _unchanged(_SAYS["insee_undisclosed"])
    payment_days: int | None = _unchanged(_SAYS["payment_days"])
    free_status_order: bool | None = _unchanged(_SAYS["free_status_order"])
    follow_seed_public_service: bool | None = _unchanged(_SAYS["follow_seed_public_service"])
    expected_version: int | None = _optional(VERSION)
    idempotency_key: str | None = _optional(KEY)

    def changes(self) -> dict[str, Any]:
        """What is asked to change, for the domain."""
        return _content(self)


@strawberry.input(description="Nouveau service.")
class ServiceCreateInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Where it opens.")
    code: str = strawberry.field(description=_SAYS["code"])
    name: str = strawberry.field(description=_SAYS["service_name"])
    commitment_required: bool = strawberry.field(
        default=False, description=_SAYS["service_commitment_required"]
    )
    payment_status_reported: bool = strawberry.field(
        default=True, description=_SAYS["payment_status_reported"]
    )
    valid_from: date | None = _optional(_SAYS["valid_from"])
    valid_until: date | None = _optional(_SAYS["valid_until"])
    expected_version: int | None = _optional(VERSION)
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> ServiceDraft:
        """The same for the domain."""
        return ServiceDraft(**_content(self))


@strawberry.input(
    description="Modification d'un service. A field that is absent does not change. Its code never"
    " does."
)
class ServiceUpdateInput:
    id: strawberry.ID = strawberry.field(description="Service. Which one.")
    name: str | None = _unchanged(_SAYS["service_name"])
    commitment_required: bool | None = _unchanged(_SAYS["service_commitment_required"])
    payment_status_reported: bool | None = _unchanged(_SAYS["payment_status_reported"])
    status: ServiceStatus | None = _unchanged("État. INACTIVE closes it, DELETED for good.")
    valid_from: date | None = _unchanged(_SAYS["valid_from"])
    valid_until: date | None = _unchanged(_SAYS["valid_until"])
    expected_version: int | None = _optional(VERSION)
    idempotency_key: str | None = _optional(KEY)

    def changes(self) -> dict[str, Any]:
        """What is asked to change, for the domain."""
        return _content(self)


@strawberry.input(description="Nouvelles coordonnées bancaires. An IBAN or a RIB, not both.")
class BankAccountAddInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Whose they are.")
    holder: str = strawberry.field(description="Titulaire. The holder of the account.")
    iban: str | None = _optional("IBAN. Spaces are ignored.")
    rib: str | None = _optional("RIB. Bank, branch, account and key: 23 characters.")
    bic: str | None = _optional("BIC. 8 or 11 characters.")
    is_factor: bool = strawberry.field(
        default=False, description="Affactureur. Whether a factor is paid."
    )
    factor_name: str | None = _optional("Nom de l'affactureur. With `isFactor` only.")
    expected_version: int | None = _optional(VERSION)
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> BankAccountDraft:
        """The same for the domain."""
        return BankAccountDraft(**_content(self))


@strawberry.input(description="Retrait de coordonnées bancaires.")
class BankAccountRemoveInput:
    id: strawberry.ID = strawberry.field(description="Coordonnées bancaires. Which ones.")
    expected_version: int | None = _optional(VERSION)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Signature du mandat de facturation.")
class MandateSignInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. The one committed.")
    version: str = strawberry.field(description="Version. That of the text read.")
    text_sha256: Sha256 = strawberry.field(description="Empreinte. That of the text read.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Révocation du mandat de facturation.")
class MandateRevokeInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Whose mandate.")
    reason: str | None = _optional("Motif. Why, for the record; at most 500 characters.")
    idempotency_key: str | None = _optional(KEY)


def _content(input_: Any) -> dict[str, Any]:
    given = vars(input_).items()
    return {k: v for k, v in given if k not in _AROUND and v is not strawberry.UNSET}
