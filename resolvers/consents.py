"""Taking back what applications were allowed."""

from __future__ import annotations

import strawberry

from auth import consents
from auth.models import Consent as Kept
from domain.access import Permission
from resolvers.fields import mutation
from schema.consents import Consent, ConsentWithdrawInput
from schema.context import Info


@strawberry.type
class ConsentMutation:
    @mutation(
        Permission.OWN_ACCOUNT,
        description="Retirer une autorisation. The application loses at once every token that it"
        " was given for you; it must ask you again.",
        shows=("consent", Consent),
        model=Kept,
    )
    async def consent_withdraw(self, info: Info, input: ConsentWithdrawInput) -> Kept:
        return await consents.withdraw(info.context.actor, input.id)
