"""Members of structures: ask, decide, manage, hand over; spaces and changes of SIRET."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.accounts.models import Attachment as AttachmentRow
from domain.accounts.models import StructureSpace as StructureSpaceRow
from domain.select import Select
from domain.structures import export, joining, managers, members, siret_changes, spaces
from domain.structures.models import SiretChange as SiretChangeRow
from resolvers.fields import mutation, query, query_page
from schema.context import Info
from schema.member_inputs import (
    AttachmentCancelInput,
    AttachmentMoveInput,
    AttachmentRequestInput,
    AttachmentsDecideInput,
    AttachmentSpacesSetInput,
    AttachmentUpdateInput,
    MainManagerHandOverInput,
    MainManagerReplaceInput,
    SpaceCloseInput,
    SpaceOpenInput,
    SpaceRequestInput,
    StructureSiretChangeDecideInput,
    StructureSiretChangeDeclareInput,
    wishes,
)
from schema.members import Attachment, MembersExport, SiretChange, StructureSpace, attachments
from schema.pages import Connection

# A part holds as many rows as some pages.
EXPORT_COST = 100
ASK = (Permission.OWN_ACCOUNT,)
SEE = (Permission.READ_MEMBERS, Permission.OWN_ACCOUNT)
MANAGE = (Permission.MANAGE_MEMBERS,)
DECIDE = (Permission.MANAGE_MEMBERS, Permission.ADMINISTER)
MOVE = (Permission.MANAGE_MEMBERS, Permission.OWN_ACCOUNT)


def _siret_changes(viewer: Actor) -> Select | None:
    return siret_changes.waiting(viewer)


@strawberry.type
class MemberQuery:
    attachments: Connection[Attachment] = query_page(
        attachments,
        *SEE,
        description="Rattachements. Your own and those of the structures you manage, the latest"
        " first; `{waiting: true, mine: false}` is a manager's list of pending requests.",
    )
    siret_changes: Connection[SiretChange] = query_page(
        _siret_changes,
        Permission.READ_MEMBERS,
        description="Changements de SIRET en attente. Those that wait for a decision of the site.",
    )

    @query(
        Permission.READ_MEMBERS,
        description="Export des utilisateurs. The members of a structure as CSV, 1,000 at a time;"
        " null for a structure whose members you may not read.",
        metadata={"cost": EXPORT_COST},
    )
    async def members_export(
        self,
        info: Info,
        structure: Annotated[
            strawberry.ID, strawberry.argument(description="Structure. One that you manage.")
        ],
        after: Annotated[
            str | None, strawberry.argument(description="Suite. As the part before gave it.")
        ] = None,
    ) -> MembersExport | None:
        part = await export.members_csv(info.context.actor, structure, after)
        return MembersExport(csv=part.text, rows=part.rows, after=part.after) if part else None


@strawberry.type
class MemberMutation:
    @mutation(
        *ASK,
        description="Demander un rattachement. By a person, to an existing structure; its managers"
        " decide, or the site when it has none. Refused or removed before, one may ask again.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def attachment_request(self, info: Info, input: AttachmentRequestInput) -> AttachmentRow:
        return await joining.request_by(
            info.context.actor,
            **input.named(),
            message=input.message,
            wishes=wishes(input.spaces),
        )

    @mutation(
        *ASK,
        description="Demander des espaces. More than you have in one of your structures.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def space_request(self, info: Info, input: SpaceRequestInput) -> AttachmentRow:
        return await members.ask_spaces(
            info.context.actor, input.structure_id, wishes(input.spaces), message=input.message
        )

    @mutation(
        *DECIDE,
        description="Décider des demandes. Of attachments and of spaces, one or many at once: all"
        " are decided, or none and every problem of each is told. Each person gets an e-mail.",
        shows=("attachments", list[Attachment]),
        words="Rattachements. As decided, in the order given, at most 100; null when refused, and"
        " when the answer is replayed.",
    )
    async def attachments_decide(
        self, info: Info, input: AttachmentsDecideInput
    ) -> list[AttachmentRow]:
        decisions = [one.decision() for one in input.decisions]
        return await members.decide(info.context.actor, decisions)

    @mutation(
        *ASK,
        description="Annuler sa demande. Of an attachment, or of spaces.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def attachment_cancel(self, info: Info, input: AttachmentCancelInput) -> AttachmentRow:
        return await members.cancel(info.context.actor, input.id)

    @mutation(
        *MANAGE,
        description="Changer un rôle. A user becomes secondary manager, or the other way round; by"
        " the main manager. Effective at once.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def attachment_update(self, info: Info, input: AttachmentUpdateInput) -> AttachmentRow:
        return await members.change_role(
            info.context.actor, input.id, input.role, expected_version=input.expected_version
        )

    @mutation(
        *MOVE,
        description="Désactiver, réactiver, supprimer ou quitter. Effective at once. The main"
        " manager hands over first.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def attachment_move(self, info: Info, input: AttachmentMoveInput) -> AttachmentRow:
        return await members.end_or_resume(
            info.context.actor, input.id, input.action, comment=input.comment
        )

    @mutation(
        *MANAGE,
        description="Régler les espaces d'un utilisateur. On the structure or on its services, read"
        " only or with modification. Effective at once. Managers hold every space by their role.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def attachment_spaces_set(
        self, info: Info, input: AttachmentSpacesSetInput
    ) -> AttachmentRow:
        return await members.set_spaces(
            info.context.actor,
            input.id,
            wishes(input.spaces),
            expected_version=input.expected_version,
        )

    @mutation(
        *MANAGE,
        description="Ouvrir un espace. On a structure or on one of its services; its members may"
        " then subscribe. A space whose subject does not exist yet grants nothing.",
        shows=("space", StructureSpace),
        model=StructureSpaceRow,
    )
    async def space_open(self, info: Info, input: SpaceOpenInput) -> StructureSpaceRow:
        return await spaces.open_space(
            info.context.actor, input.structure_id, input.space, input.service_id
        )

    @mutation(
        *MANAGE,
        description="Fermer un espace. What members subscribed there counts no more, at once, until"
        " it is opened again.",
        shows=("space", StructureSpace),
        model=StructureSpaceRow,
    )
    async def space_close(self, info: Info, input: SpaceCloseInput) -> StructureSpaceRow:
        return await spaces.close_space(
            info.context.actor, input.structure_id, input.space, input.service_id
        )

    @mutation(
        Permission.HAND_OVER,
        description="Transmettre la gestion principale. To an accepted member; you become secondary"
        " manager. Both are told.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def main_manager_hand_over(
        self, info: Info, input: MainManagerHandOverInput
    ) -> AttachmentRow:
        return await managers.hand_over(
            info.context.actor, input.structure_id, input.attachment_id, comment=input.comment
        )

    @mutation(
        Permission.ADMINISTER,
        description="Remplacer un gestionnaire principal disparu. By an administrator, with a"
        " reason that is told to everyone concerned; the former one is deactivated.",
        shows=("attachment", Attachment),
        model=AttachmentRow,
    )
    async def main_manager_replace(
        self, info: Info, input: MainManagerReplaceInput
    ) -> AttachmentRow:
        return await managers.replace_main_manager(
            info.context.actor, input.structure_id, input.attachment_id, reason=input.reason
        )

    @mutation(
        Permission.HAND_OVER,
        description="Déclarer un changement de SIRET. By the main manager; the site confirms it"
        " from its date of effect on.",
        shows=("siretChange", SiretChange),
        model=SiretChangeRow,
    )
    async def structure_siret_change_declare(
        self, info: Info, input: StructureSiretChangeDeclareInput
    ) -> SiretChangeRow:
        return await siret_changes.declare(info.context.actor, input.draft())

    @mutation(
        Permission.ADMINISTER,
        description="Confirmer ou refuser un changement de SIRET. Once confirmed the structure has"
        " the new SIRET, keeps its history, and is still found by the old one.",
        shows=("siretChange", SiretChange),
        model=SiretChangeRow,
    )
    async def structure_siret_change_decide(
        self, info: Info, input: StructureSiretChangeDecideInput
    ) -> SiretChangeRow:
        return await siret_changes.decide(
            info.context.actor, input.id, confirm=input.confirm, comment=input.comment
        )
