"""Second factors as the API shows them: what a person has, never what it holds."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import strawberry

from auth.factors import actions, recovery
from auth.factors.models import FactorKind
from auth.factors.words import FACTOR_KINDS
from schema.context import Info
from schema.enums import shown_enum
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.reading import column, shows

shown_enum(
    FactorKind,
    "Nature de facteur. What is asked beside the password.",
    FACTOR_KINDS,
    name="SecondFactorKind",
)


@shows(
    "auth_factor",
    prefix="fac",
    seen=actions.own,
    description="Second facteur. Something of yours that is asked for when you log in. It is added"
    " and removed on the security page, `/oauth/account`.",
)
class SecondFactor(Node):
    kind: FactorKind = column(description="Nature. What kind of factor it is.")
    name: str = column(description="Nom. Your words for it.")
    suspected_at: datetime | None = column(
        description="Suspecte depuis. When the key answered as a copy would: it is blocked."
    )
    created_at: datetime = column(description="Ajouté le.")
    last_used_at: datetime | None = column(description="Dernière utilisation.")


@strawberry.type(description="Sécurité du compte. What protects your account beside the password.")
class AccountSecurity:
    account_id: strawberry.Private[str]

    @strawberry.field(description="Seconds facteurs. The oldest first; at most 10.")
    async def factors(self, info: Info) -> list[SecondFactor]:
        select = actions.own(info.context.actor)
        rows = await info.context.load.rows(select, actions.MOST) if select else []
        return cast("list[SecondFactor]", rows)

    @strawberry.field(description="Codes de secours. How many were not used yet.")
    async def recovery_codes_left(self) -> int:
        return await recovery.left(self.account_id)


@strawberry.input(
    description="Réinitialisation des seconds facteurs. Of a person who lost them all."
)
class AccountFactorsResetInput:
    account_id: strawberry.ID = strawberry.field(description="Compte. Whose factors.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
