"""Second factors of people, for who administers the site."""

from __future__ import annotations

import strawberry

from auth.factors import actions
from domain.access import Permission
from domain.accounts.models import Account as AccountRow
from resolvers.fields import mutation
from schema.accounts import Account
from schema.context import Info
from schema.factors import AccountFactorsResetInput


@strawberry.type
class FactorMutation:
    @mutation(
        Permission.ADMINISTER,
        description="Réinitialiser les seconds facteurs. For a person who lost them: all of them"
        " and the recovery codes go, every log-in ends, the person is told. Make sure who asks.",
        shows=("account", Account),
        model=AccountRow,
    )
    async def account_factors_reset(
        self, info: Info, input: AccountFactorsResetInput
    ) -> AccountRow:
        return await actions.reset(info.context.actor, input.account_id)
