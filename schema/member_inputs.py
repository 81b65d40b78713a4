"""What callers send about members, spaces and managers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import strawberry

from domain.access import Level, Role, Space
from domain.accounts.membership import MemberAction
from domain.identifiers import IdentifierType
from domain.structures.members import Decision, Wish
from domain.structures.siret_changes import SiretChangeDraft
from schema.invoice_inputs import KEY
from schema.structure_inputs import StructureRef

_VERSION = "Version attendue. Refused with VERSION_CONFLICT when the attachment changed since."
_COMMENT = "Commentaire. Sent to those concerned; up to 500 characters."


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Espace. Which one, how, and where.")
class SpaceInput:
    space: Space = strawberry.field(description="Espace. Which one.")
    level: Level = strawberry.field(
        default=Level.CONSULTATION_UNIQUEMENT, description="Niveau. Read only when not given."
    )
    service_id: strawberry.ID | None = _optional(
        "Service. Only for what is addressed to, or issued from, this service of the structure."
    )


def wishes(spaces: Sequence[SpaceInput] | None) -> tuple[Wish, ...]:
    """The same for the domain."""
    return tuple(Wish(one.space, one.level, one.service_id) for one in spaces or ())


@strawberry.input(description="Demande de rattachement. Its managers decide.")
class AttachmentRequestInput:
    structure: StructureRef = strawberry.field(description="Structure. By identifier or SIRET.")
    message: str | None = _optional("Message. For its managers; up to 500 characters.")
    spaces: list[SpaceInput] | None = _optional("Espaces souhaités. At most 50.")
    idempotency_key: str | None = _optional(KEY)

    def named(self) -> dict[str, Any]:
        """Which structure, for the domain."""
        by = self.structure
        if by.id is not None:
            return {"structure_id": by.id.value}
        if by.siret is not None:
            return {"identifier_type": IdentifierType.SIRET, "identifier": by.siret.value}
        assert by.identifier is not None
        official = by.identifier.value
        return {"identifier_type": official.type, "identifier": official.value}


@strawberry.input(description="Demande d'espaces. Its managers decide, as for a rattachement.")
class SpaceRequestInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. One of yours.")
    spaces: list[SpaceInput] = strawberry.field(description="Espaces. From 1 to 50.")
    message: str | None = _optional("Message. For its managers; up to 500 characters.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Décision. On one request.")
class AttachmentDecisionInput:
    id: strawberry.ID = strawberry.field(description="Rattachement. Whose request waits.")
    accept: bool = strawberry.field(description="Acceptée. False refuses it.")
    comment: str | None = _optional("Commentaire. Sent to the person; needed to refuse.")
    role: Role | None = _optional(
        "Rôle. USER when not given; SECONDARY_MANAGER by the main manager only."
    )
    spaces: list[SpaceInput] | None = _optional(
        "Espaces. Those given instead of those asked for; at most 50."
    )

    def decision(self) -> Decision:
        """The same for the domain."""
        given = None if self.spaces is None else wishes(self.spaces)
        return Decision(self.id, self.accept, self.comment, self.role, given)


@strawberry.input(description="Décisions. All of them are taken, or none.")
class AttachmentsDecideInput:
    decisions: list[AttachmentDecisionInput] = strawberry.field(
        description="Décisions. From 1 to 100."
    )
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Annulation. Of your own request.")
class AttachmentCancelInput:
    id: strawberry.ID = strawberry.field(description="Rattachement. Yours.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Changement de rôle.")
class AttachmentUpdateInput:
    id: strawberry.ID = strawberry.field(description="Rattachement. Whose role.")
    role: Role = strawberry.field(description="Rôle. USER or SECONDARY_MANAGER.")
    expected_version: int | None = _optional(_VERSION)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Fin ou reprise d'un rattachement.")
class AttachmentMoveInput:
    id: strawberry.ID = strawberry.field(description="Rattachement. Which one.")
    action: MemberAction = strawberry.field(
        description="Action. DEACTIVATE, REACTIVATE, REMOVE, or LEAVE for your own."
    )
    comment: str | None = _optional(_COMMENT)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Espaces d'un utilisateur.")
class AttachmentSpacesSetInput:
    id: strawberry.ID = strawberry.field(description="Rattachement. Whose spaces.")
    spaces: list[SpaceInput] = strawberry.field(
        description="Espaces. Exactly these from now on; at most 50, none takes all away."
    )
    expected_version: int | None = _optional(_VERSION)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Ouverture d'un espace.")
class SpaceOpenInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Which one.")
    space: Space = strawberry.field(description="Espace. Which one.")
    service_id: strawberry.ID | None = _optional("Service. Only on this service of the structure.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Fermeture d'un espace.")
class SpaceCloseInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Which one.")
    space: Space = strawberry.field(description="Espace. Which one.")
    service_id: strawberry.ID | None = _optional("Service. Only on this service of the structure.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Transmission de la gestion principale.")
class MainManagerHandOverInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Yours.")
    attachment_id: strawberry.ID = strawberry.field(
        description="Rattachement. Of the accepted member who becomes main manager."
    )
    comment: str | None = _optional(_COMMENT)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Remplacement d'un gestionnaire principal disparu.")
class MainManagerReplaceInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Which one.")
    attachment_id: strawberry.ID = strawberry.field(
        description="Rattachement. Of the new one: a member, or somebody whose request waits."
    )
    reason: str = strawberry.field(description="Raison. Told to everyone concerned.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Déclaration d'un changement de SIRET.")
class StructureSiretChangeDeclareInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Yours.")
    new_siret: str = strawberry.field(description="Nouveau SIRET. Spaces are ignored.")
    effective_on: date = strawberry.field(description="Date d'effet. Within a year of today.")
    reason: str = strawberry.field(description="Raison. Such as a move; up to 500 characters.")
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> SiretChangeDraft:
        """The same for the domain."""
        return SiretChangeDraft(self.structure_id, self.new_siret, self.effective_on, self.reason)


@strawberry.input(description="Décision sur un changement de SIRET.")
class StructureSiretChangeDecideInput:
    id: strawberry.ID = strawberry.field(description="Changement. Which declaration.")
    confirm: bool = strawberry.field(description="Confirmé. False refuses it.")
    comment: str | None = _optional("Commentaire. Sent to its managers; needed to refuse.")
    idempotency_key: str | None = _optional(KEY)
