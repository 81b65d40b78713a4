"""The terms of use: read and accept them."""

from __future__ import annotations

import strawberry

from domain.access import Permission
from domain.signatures import actions, texts
from domain.signatures.models import Signature
from domain.signatures.texts import TextKind
from resolvers.fields import mutation, query
from schema.context import Info
from schema.signatures import TermsAcceptance, TermsAcceptInput, TermsText


@strawberry.type
class SignatureQuery:
    @query(description="Conditions générales d'utilisation. The text to accept now.")
    def terms_text(self) -> TermsText:
        return TermsText(words=texts.present(TextKind.TERMS))


@strawberry.type
class SignatureMutation:
    @mutation(
        Permission.OWN_ACCOUNT,
        description="Accepter les conditions générales d'utilisation. By a person, once it has"
        " read `termsText`. The evidence is kept; see `certificate`.",
        shows=("acceptance", TermsAcceptance),
        model=Signature,
    )
    async def terms_accept(self, info: Info, input: TermsAcceptInput) -> Signature:
        return await actions.accept_terms(
            info.context.actor, input.version, input.text_sha256, info.context.origin
        )
