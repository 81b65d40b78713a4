"""What a person may ask about its own data, as the API shows and takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from domain.reference.words import Words
from schema.context import Info, Locale
from schema.invoice_inputs import KEY
from schema.scalars import Url


@strawberry.type(
    description="Copie des données personnelles. One JSON file of everything held about a person."
)
class PersonalDataExport:
    url: Url = strawberry.field(
        description="Adresse. Opens the file in a browser, for five minutes and without a token."
    )
    expires_at: datetime = strawberry.field(description="Valable jusqu'à. When the address ends.")


@strawberry.type(description="Effacement. What was erased of a person, and what stays by law.")
class AccountErasure:
    account_id: strawberry.ID = strawberry.field(description="Compte. Which account it was.")
    erased_words: strawberry.Private[Sequence[Words]]
    kept_words: strawberry.Private[Sequence[Words]]

    @strawberry.field(description="Effacé. What is no longer held; at most 50.")
    def erased(self, info: Info) -> list[str]:
        return [_said(words, info) for words in self.erased_words]

    @strawberry.field(
        description="Conservé. What the law obliges to keep, for how long and by which article;"
        " at most 50."
    )
    def kept(self, info: Info) -> list[str]:
        return [_said(words, info) for words in self.kept_words]


def _said(words: Words, info: Info) -> str:
    return words.en if info.context.locale is Locale.EN else words.fr


@strawberry.input(description="Demande de copie des données personnelles.")
class PersonalDataExportInput:
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="Compte. Your own when not given; another one for administrators."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Demande d'effacement.")
class AccountEraseInput:
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="Compte. Your own when not given; another one for administrators."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
