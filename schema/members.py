"""Members of structures, their spaces and what they may do, as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from domain.access import Actor, Level, Permission, Role, Space
from domain.accounts.membership import AttachmentStatus, MemberAction, offered, parties
from domain.accounts.models import SpaceStatus
from domain.reference.words import Words
from domain.select import Select
from domain.structures import member_queries, siret_changes
from domain.structures.member_queries import MemberCriteria
from domain.structures.members import facts_of, with_main_manager
from domain.structures.models import SiretChangeStatus
from schema.context import Info
from schema.enums import shown_enum
from schema.ids import Node
from schema.reading import column, json_column, shows, to_many
from schema.scalars import EmailAddress, Siret

if TYPE_CHECKING:
    from schema.structures import Service, Structure

LazyStructure = Annotated["Structure", strawberry.lazy("schema.structures")]
LazyService = Annotated["Service", strawberry.lazy("schema.structures")]


class MemberKind(StrEnum):
    """Who a member is."""

    PERSON = "PERSON"
    TECHNICAL_ACCOUNT = "TECHNICAL_ACCOUNT"


shown_enum(
    MemberKind,
    "Nature de l'utilisateur. Who a member is.",
    {
        MemberKind.PERSON: Words("Personne", "A person, by its account"),
        MemberKind.TECHNICAL_ACCOUNT: Words("Compte technique", "Software, by its OAuth client"),
    },
)


@strawberry.type(
    description="Utilisateur. Who is attached: a person or a technical account. Shown to the"
    " managers of the structure, to administrators and to itself."
)
class Member:
    id: strawberry.ID = strawberry.field(
        description="Identifiant. Of the account (`acc_…`) or of the technical account (`cli_…`)."
    )
    kind: MemberKind = strawberry.field(description="Nature. A person or a technical account.")
    name: str = strawberry.field(description="Nom. Two people may have the same.")
    email: EmailAddress | None = strawberry.field(
        description="Courriel. It tells namesakes apart; null for a technical account."
    )


async def _member(info: Info, member_id: str) -> Member:
    is_person = member_id.startswith("acc_")
    row = await info.context.load.one("account" if is_person else "auth_client", "id", member_id)
    known: Any = row
    return Member(
        id=strawberry.ID(member_id),
        kind=MemberKind.PERSON if is_person else MemberKind.TECHNICAL_ACCOUNT,
        name=(known.display_name if is_person else known.name) if known else member_id,
        email=known.email if known and is_person else None,
    )


async def _service(info: Info, service_id: str | None) -> LazyService | None:
    if service_id is None:
        return None
    return cast("LazyService | None", await info.context.load.one("service", "id", service_id))


@shows(
    "habilitation",
    description="Habilitation. A space subscribed by a member. It counts while the space is open"
    " there (`structure { spaces }`); a space whose subject does not exist yet grants nothing.",
)
class Habilitation:
    space: Space = column(description="Espace. What was subscribed.")
    level: Level = column(description="Niveau. Read only, or modification.")
    service_id: strawberry.ID | None = column(
        description="Identifiant du service. Null for the whole structure."
    )

    @strawberry.field(
        description="Service. Where it holds: the member sees and processes only what is addressed"
        " to, or issued from, this service. Null for the whole structure."
    )
    async def service(self, info: Info) -> LazyService | None:
        return await _service(info, self.service_id)


@shows(description="Espace demandé. What a member asked for and nobody decided yet.")
class AskedSpace:
    space: Space = column(description="Espace. What is asked for.")
    level: Level = column(description="Niveau. Read only, or modification.")
    service_id: strawberry.ID | None = column(
        "serviceId", description="Service. Null for the whole structure."
    )


async def _managed(structure_ids: list[str]) -> list[bool]:
    managed = await with_main_manager(structure_ids)
    return [structure_id in managed for structure_id in structure_ids]


@shows(
    "attachment",
    prefix="att",
    seen=member_queries.seen,
    description="Rattachement. A member of a structure: its role, its state, and the spaces it"
    " subscribed to. Seen by itself, by the managers of the structure and by administrators.",
)
class Attachment(Node):
    member_id: strawberry.Private[str]
    structure_id: strawberry.Private[str]
    role: Role = column(description="Rôle. Of the member in the structure.")
    status: AttachmentStatus = column(description="État. Only VALIDEE opens anything.")
    version: int = column(
        "event_count", description="Version. Pass it as `expectedVersion` to detect a change."
    )
    message: str | None = column(description="Message. What the member said when it asked.")
    asked_at: datetime | None = column(
        description="Demandé le. When the last request was made; null if none was."
    )
    comment: str | None = column(description="Commentaire. What came with the last decision.")
    decided_at: datetime | None = column(description="Décidé le. When the last decision was made.")
    created_at: datetime = column(description="Créé le. When the attachment first existed.")
    asked_spaces: list[AskedSpace] | None = json_column(
        description="Espaces demandés. What waits for a decision, at most 50; null when nothing is."
    )
    habilitations: list[Habilitation] = to_many(
        "attachment_id", description="Habilitations. The spaces it subscribed to; at most 50."
    )

    @strawberry.field(description="Utilisateur. Who is attached.")
    async def member(self, info: Info) -> Member:
        return await _member(info, self.member_id)

    @strawberry.field(
        description="Structure. Where; null when INSEE does not disclose it to those outside."
    )
    async def structure(self, info: Info) -> LazyStructure | None:
        row: Any = await info.context.load.one("structure", "id", self.structure_id)
        inside = info.context.actor.may(Permission.READ_STRUCTURE, self.structure_id)
        shown = row if inside or not row.insee_undisclosed else None
        return cast("LazyStructure | None", shown)

    @strawberry.field(
        description="Actions possibles. What you may do to it now, from the table that the"
        " mutations enforce."
    )
    async def available_actions(self, info: Info) -> list[MemberAction]:
        actor, row = info.context.actor, cast("Any", self)
        mine = parties(actor, row.member_id, row.structure_id)
        # Only what an administrator may do depends on whether somebody manages the structure.
        administers = actor.may(Permission.ADMINISTER, row.structure_id)
        load = info.context.load.batch
        managed = administers and await load("managed", _managed, row.structure_id)
        facts = facts_of(
            actor,
            member_id=row.member_id,
            structure_id=row.structure_id,
            role=Role(row.role),
            waits=row.asked_spaces is not None,
            has_manager=managed,
        )
        return offered(row.status, mine, facts)


@shows(
    "structure_space",
    description="Espace. A space opened on a structure or on one of its services, to which members"
    " may subscribe. Spaces whose subject does not exist yet (works, memos, refunds, tickets) may"
    " be opened and subscribed; they grant nothing until it does.",
)
class StructureSpace:
    service_id: strawberry.Private[str | None]
    space: Space = column(description="Espace. Which one.")
    status: SpaceStatus = column(description="État. Open or closed.")
    updated_at: datetime = column(description="Depuis. When it was opened or closed last.")

    @strawberry.field(description="Service. Null when opened on the whole structure.")
    async def service(self, info: Info) -> LazyService | None:
        return await _service(info, self.service_id)


@shows(
    "siret_change",
    prefix="sch",
    seen=siret_changes.seen,
    description="Changement de SIRET. Declared by the main manager, confirmed or refused by the"
    " site. The structure keeps its identifier and its history.",
)
class SiretChange(Node):
    structure_id: strawberry.Private[str]
    old_siret: Siret = column(description="Ancien SIRET. It still finds the structure.")
    new_siret: Siret = column(description="Nouveau SIRET.")
    effective_on: date = column(description="Date d'effet.")
    reason: str = column(description="Raison. In the words of the structure.")
    status: SiretChangeStatus = column(description="État. Declared, confirmed or refused.")
    comment: str | None = column(description="Commentaire. What came with the decision.")
    declared_at: datetime = column(description="Déclaré le.")
    decided_at: datetime | None = column(description="Décidé le. Null while it waits.")

    @strawberry.field(description="Structure. The one that changes.")
    async def structure(self, info: Info) -> LazyStructure | None:
        row = await info.context.load.one("structure", "id", self.structure_id)
        return cast("LazyStructure | None", row)


@strawberry.type(
    description="Export des utilisateurs. Some rows as CSV (`;`, UTF-8, every cell quoted, formulas"
    " disarmed); the first part begins with the head."
)
class MembersExport:
    csv: str = strawberry.field(description="Texte. Append each part to the one before.")
    rows: int = strawberry.field(description="Lignes. How many members this part has.")
    after: str | None = strawberry.field(
        description="Suite. Pass it as `after` for the next part; null when this was the last."
    )


@strawberry.input(description="Filtre de rattachements. Everything given must hold.")
class AttachmentFilter:
    statuses: list[AttachmentStatus] | None = strawberry.field(
        default=None, description="États. Only in one of these states."
    )
    roles: list[Role] | None = strawberry.field(
        default=None, description="Rôles. Only with one of these roles."
    )
    search: str | None = strawberry.field(
        default=None, description="Recherche. Part of the name or e-mail of the person."
    )
    waiting: bool | None = strawberry.field(
        default=None,
        description="En attente. True: what waits for a decision, attachments and spaces alike.",
    )
    mine: bool | None = strawberry.field(
        default=None, description="Miens. True: your own attachments; false: those of others."
    )
    structures: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Structures. Only of these; at most 250."
    )

    def criteria(self) -> MemberCriteria:
        """The same for the domain."""
        return MemberCriteria(
            structures=tuple(self.structures or ()),
            statuses=tuple(s.value for s in self.statuses or ()),
            roles=tuple(r.value for r in self.roles or ()),
            search=self.search,
            is_waiting=self.waiting,
            is_own=self.mine,
        )


OfAttachments = Annotated[
    AttachmentFilter | None,
    strawberry.argument(description="Filtre. Only these attachments."),
]


def attachments(viewer: Actor, filter: OfAttachments = None) -> Select | None:
    """The attachments that the viewer may see and the filter keeps."""
    return member_queries.listed(viewer, (filter or AttachmentFilter()).criteria())


def spaces(viewer: Actor) -> Select | None:
    """The spaces of the viewer's structures."""
    return member_queries.spaces(viewer)
