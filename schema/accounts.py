"""The caller, and the accounts of people, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import strawberry

from auth import consents, devices
from auth.signup import SignUp
from domain import events
from domain.access import Actor, ActorKind, Permission
from domain.accounts.models import AccountStatus
from domain.identifiers import IdentifierType
from domain.select import Select, equals, falling
from domain.signatures import actions as signatures
from domain.structures import member_queries
from domain.structures.member_queries import MemberCriteria
from schema.connections import TechnicalAccount
from schema.consents import Consent
from schema.context import Info, Locale
from schema.factors import AccountSecurity
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.members import Attachment
from schema.reading import column, shows
from schema.scalars import EmailAddress
from schema.signatures import TermsAcceptance, TextToSign
from schema.structures import Service, Structure


def accounts_seen(viewer: Actor) -> Select | None:
    """An administrator sees every account, a person its own."""
    select = Select("account").by(falling("id"))
    if viewer.may(Permission.ADMINISTER, events.PLATFORM):
        return select
    is_own = viewer.may(Permission.OWN_ACCOUNT, viewer.id)
    return select.where(equals("id", viewer.id)) if is_own else None


@shows(
    "account",
    prefix="acc",
    seen=accounts_seen,
    description="Compte. A person's account; seen by that person and by administrators.",
)
class Account(Node):
    email: EmailAddress = column(description="Adresse électronique. What the person logs in with.")
    display_name: str = column(description="Prénom et nom. As shown to others.")
    status: AccountStatus = column(description="Statut. Where the account stands.")
    locale: Locale = column(description="Langue. In which the person is written to.")
    created_at: datetime = column(description="Créé le. When it was created or carried over.")
    activated_at: datetime | None = column(
        description="Activé le. When it was first opened; null before."
    )


@strawberry.type(
    description="Connexion. One browser in which a person is logged in, and the applications"
    " opened from there."
)
class LogIn:
    id: strawberry.ID = strawberry.field(description="Identifiant. To end it by.")
    browser: str | None = strawberry.field(
        description="Navigateur. Such as `Firefox 132`; null when not known."
    )
    system: str | None = strawberry.field(
        description="Système. Such as `Windows`; null when not known."
    )
    address: str = strawberry.field(description="Adresse IP. From where it was opened.")
    started_at: datetime = strawberry.field(description="Ouverte le. When the person logged in.")
    last_used_at: datetime = strawberry.field(
        description="Dernière utilisation. By a page or an application; to some minutes."
    )
    expires_at: datetime = strawberry.field(description="Expire le. When it ends by itself.")
    is_current: bool = strawberry.field(
        description="Celle-ci. Whether this very request comes from it."
    )


@strawberry.type(
    description="Demande par e-mail. What was sent, the same whatever is known of the address."
)
class Letter:
    email: EmailAddress = strawberry.field(description="Adresse électronique. Where it went.")
    link_minutes: int = strawberry.field(
        description="Validité. For how many minutes its link can be used."
    )


@strawberry.type(description="Connexions fermées. What a log-out everywhere ended.")
class LogInsEnded:
    count: int = strawberry.field(description="Nombre. How many log-ins were ended.")


@strawberry.input(description="Inscription. An address and how the structure is identified.")
class AccountSignUpInput:
    email: str = strawberry.field(description="Adresse électronique. It will be proven by a link.")
    identifier_type: IdentifierType = strawberry.field(
        default=IdentifierType.SIRET,
        description="Type d'identifiant. SIRET unless the structure has none.",
    )
    identifier: str = strawberry.field(description="Identifiant. Spaces are ignored.")
    locale: Locale | None = strawberry.field(
        default=None, description="Langue. Of the messages; that of the request by default."
    )
    authorization_request: str | None = strawberry.field(
        default=None,
        description="Demande d'autorisation. The query that your application would send to"
        " `/oauth/authorize`: the activation then ends at your return address with a code. Keep"
        " its `state` and its PKCE verifier where the browser will find them again.",
    )

    def wish(self, locale: Locale) -> SignUp:
        """The same for `auth.signup`."""
        return SignUp(
            email=self.email,
            identifier_type=self.identifier_type.value,
            identifier=self.identifier,
            locale=(self.locale or locale).value,
            goes_on=(self.authorization_request or "").removeprefix("?"),
        )


@strawberry.input(description="Renvoi du lien. By the address that had asked for it.")
class AccountActivationResendInput:
    email: str = strawberry.field(description="Adresse électronique. That of the sign-up.")


@strawberry.input(description="Mot de passe oublié. By the address of the account.")
class PasswordResetRequestInput:
    email: str = strawberry.field(description="Adresse électronique. Where the link is sent.")


@strawberry.input(description="Approbation. Opens an account that waits, or a closed one again.")
class AccountApproveInput:
    id: strawberry.ID = strawberry.field(description="Compte. Which one.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Refus. Closes an account that waits for its approval.")
class AccountRefuseInput:
    id: strawberry.ID = strawberry.field(description="Compte. Which one.")
    comment: str | None = strawberry.field(
        default=None, description="Motif. Told to the person; up to 255 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Fermeture d'une connexion. One of your own.")
class SessionEndInput:
    id: strawberry.ID = strawberry.field(description="Connexion. Which one; see `viewer`.")


@strawberry.input(description="Fermeture des connexions. All of your own.")
class SessionsEndAllInput:
    keep_current: bool = strawberry.field(
        default=False, description="Sauf celle-ci. Keeps the log-in that this request comes from."
    )


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


@strawberry.type(description="Habilitation sur un service. What you may do on one service.")
class ServiceRights:
    service_id: strawberry.Private[str]
    held: strawberry.Private[frozenset[Permission]]

    @strawberry.field(description="Service. Where the rights hold.")
    async def service(self, info: Info) -> Service | None:
        row = await info.context.load.one("service", "id", self.service_id)
        return cast("Service | None", row)

    @strawberry.field(description="Droits. What your spaces and token let you do; at most 20.")
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
        rights = sorted((s, held) for s, held in self.actor.rights.items() if s[:4] == "str_")
        return [Membership(structure_id=s, held=held) for s, held in rights[:1000]]

    @strawberry.field(
        description="Droits sur des services. Held there apart from their structure; at most 1,000."
    )
    def services(self) -> list[ServiceRights]:
        rights = sorted((s, held) for s, held in self.actor.rights.items() if s[:4] == "svc_")
        return [ServiceRights(service_id=s, held=held) for s, held in rights[:1000]]

    @strawberry.field(
        description="Demandes et rattachements. Yours in every state, the latest first; at most"
        " 100. `attachments(filter: {mine: true})` pages through all."
    )
    async def attachments(self, info: Info) -> list[Attachment]:
        own = member_queries.listed(self.actor, MemberCriteria(is_own=True))
        rows = await info.context.load.rows(own, 100) if own else []
        return cast("list[Attachment]", rows)

    @strawberry.field(description="Droits partout. What you may do on every structure; at most 20.")
    def permissions_everywhere(self) -> list[str]:
        return sorted(p.value for p in self.actor.everywhere)

    @strawberry.field(
        description="Compte technique. Its own card, when a machine calls: its scopes, when its"
        " secret ends; null otherwise."
    )
    async def technical_account(self, info: Info) -> TechnicalAccount | None:
        if self.actor.kind is not ActorKind.CLIENT:
            return None
        row = await info.context.load.one("technical_account", "id", self.actor.id)
        return cast("TechnicalAccount | None", row)

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

    @strawberry.field(description="Compte. Your own; null for a technical account or nobody.")
    async def account(self, info: Info) -> Account | None:
        row = await info.context.load.seen("account", self.actor, self.actor.id)
        return cast("Account | None", row)

    @strawberry.field(
        description="Connexions. Where you are logged in, the last used first; at most 100. Empty"
        " when your token does not hold `account:self`."
    )
    async def sessions(self, info: Info) -> list[LogIn]:
        if not self.actor.may(Permission.OWN_ACCOUNT, self.actor.id):
            return []
        current = await devices.current_of(info.context.origin.proof)
        return cast("list[LogIn]", await devices.log_ins(self.actor.id, current))

    @strawberry.field(
        description="Sécurité. Your second factors and recovery codes; null when your token does"
        " not hold `account:self`."
    )
    def security(self) -> AccountSecurity | None:
        may = self.actor.may(Permission.OWN_ACCOUNT, self.actor.id)
        return AccountSecurity(account_id=self.actor.id) if may else None
