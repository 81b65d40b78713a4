"""What people allowed applications to do, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import strawberry

from auth import consents
from auth.scopes import SCOPES, ScopeText
from schema.context import InLocale, Locale
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.reading import column, shows


@strawberry.type(description="Portée autorisée. One of the things that an application may do.")
class ConsentScope:
    code: str = strawberry.field(description="Code. The OAuth scope.")

    @strawberry.field(description="Libellé. What it opens, in the words of the consent page.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        words = SCOPES.get(self.code) or ScopeText(self.code, self.code)
        return words.en if locale is Locale.EN else words.fr


@shows(
    "auth_consent",
    prefix="cns",
    seen=consents.own,
    description="Autorisation. What you allowed an application to do on your behalf.",
)
class Consent(Node):
    application: str = column(
        "client_name", description="Application. Its name when you allowed it."
    )
    client_id: strawberry.ID = column(description="Identifiant de l'application. Its OAuth client.")
    granted_at: datetime = column(description="Autorisée le. The first time.")
    updated_at: datetime = column(description="Modifiée le. When it last changed.")
    withdrawn_at: datetime | None = column(
        description="Retirée le. Null while the application may act for you."
    )

    @strawberry.field(description="Portées. What it may do; at most 20.")
    def scopes(self) -> list[ConsentScope]:
        granted = str(cast("Any", self).scope)
        return [ConsentScope(code=code) for code in granted.split()]


@strawberry.input(description="Retrait d'une autorisation.")
class ConsentWithdrawInput:
    id: strawberry.ID = strawberry.field(description="Autorisation. Which one.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
