"""What a person may ask about its own data: a copy of it, and its erasure."""

from __future__ import annotations

import strawberry

from domain.access import Permission
from domain.accounts import erasure
from resolvers.fields import mutation
from schema.context import Info
from schema.personal_data import (
    AccountEraseInput,
    AccountErasure,
    PersonalDataExport,
    PersonalDataExportInput,
)
from schema.scalars import Url

ASKED_BY = (Permission.OWN_ACCOUNT, Permission.ADMINISTER)


@strawberry.type
class PersonalDataMutation:
    @mutation(
        *ASKED_BY,
        description="Obtenir une copie des données personnelles. Everything held about you, in one"
        " JSON file; that it was asked for is recorded.",
        shows=("export", PersonalDataExport),
    )
    async def personal_data_export(
        self, info: Info, input: PersonalDataExportInput
    ) -> PersonalDataExport:
        actor = info.context.actor
        url, expires_at = await erasure.link_to_export(actor, input.account_id or actor.id)
        return PersonalDataExport(url=Url(url), expires_at=expires_at)

    @mutation(
        *ASKED_BY,
        description="Effacer un compte. By its person, who logged in less than ten minutes ago, or"
        " by an administrator who did. It ends every log-in and token, and cannot be undone; a main"
        " manager who has colleagues hands over first. What the law obliges to keep is in `kept`.",
        shows=("erasure", AccountErasure),
    )
    async def account_erase(self, info: Info, input: AccountEraseInput) -> AccountErasure:
        actor, origin = info.context.actor, info.context.origin
        done = await erasure.erase(actor, input.account_id or actor.id, origin)
        return AccountErasure(
            account_id=strawberry.ID(done.account_id),
            erased_words=done.erased,
            kept_words=done.kept,
        )
