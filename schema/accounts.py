"""The caller as the API shows it."""

from __future__ import annotations

from typing import cast

import strawberry

from auth import consents
from domain.access import Actor, ActorKind, Permission
from domain.signatures import actions as signatures
from schema.consents import Consent
from schema.context import Info
from schema.signatures import TermsAcceptance, TextToSign
from schema.structures import Structure


@strawberry.type(description="Rattachement. What you may do on one of your structures.")
class Membership:
    structure_id: strawberry.Private[str]
    held: strawberry.Private[frozenset[Permission]]

    @strawberry.field(description="Structure. The structure you are a member of.")
    async def structure(self, info: Info) -> Structure | None:
        row = await info.context.load.one("structure", "id", self.structure_id)
        return cast("Structure | None", row)

    @strawberry.field(
        description="Droits. What your role, spaces and token let you do there; at most 20."
    )
    def permissions(self) -> list[str]:
        return sorted(p.value for p in self.held)


@strawberry.type(description="Appelant. Who calls, and what it may do.")
class Viewer:
    actor: strawberry.Private[Actor]

    @strawberry.field(description="Identifiant. Null when nobody is identified.")
    def id(self) -> strawberry.ID | None:
        return None if self.actor.kind is ActorKind.ANONYMOUS else strawberry.ID(self.actor.id)

    @strawberry.field(description="Nature. A person, a technical account, or nobody.")
    def kind(self) -> ActorKind:
        return self.actor.kind

    @strawberry.field(description="Nom. The name shown on the screen.")
    def name(self) -> str:
        return self.actor.name

    @strawberry.field(description="Rattachements. Your structures; at most 1,000.")
    def memberships(self) -> list[Membership]:
        rights = sorted((s, held) for s, held in self.actor.rights.items() if s != self.actor.id)
        return [Membership(structure_id=s, held=held) for s, held in rights[:1000]]

    @strawberry.field(description="Droits partout. What you may do on every structure; at most 20.")
    def permissions_everywhere(self) -> list[str]:
        return sorted(p.value for p in self.actor.everywhere)

    @strawberry.field(
        description="Portées. The scopes of your token, at most 20; null without one."
    )
    def scopes(self) -> list[str] | None:
        return None if self.actor.scopes is None else sorted(self.actor.scopes)

    @strawberry.field(
        description="Autorisations. The applications that you allowed to act for you, the newest"
        " first; at most 100. Empty without the scope `account:self`."
    )
    async def consents(self, info: Info) -> list[Consent]:
        select = consents.own(self.actor)
        rows = await info.context.load.rows(select, 100) if select else []
        return cast("list[Consent]", rows)

    @strawberry.field(
        description="Conditions à accepter. The present terms of use when you have not accepted"
        " them; accept them by `termsAccept`. Null for technical accounts."
    )
    async def terms_to_accept(self) -> TextToSign | None:
        if self.actor.kind is not ActorKind.PERSON:
            return None
        asked = await signatures.terms_to_accept(self.actor.id)
        return TextToSign(words=asked.text, is_required=asked.is_required) if asked else None

    @strawberry.field(
        description="Conditions acceptées. The versions of the terms that you accepted, the last"
        " one first; at most 20."
    )
    async def terms_accepted(self) -> list[TermsAcceptance]:
        return cast("list[TermsAcceptance]", await signatures.accepted_terms(self.actor.id))
